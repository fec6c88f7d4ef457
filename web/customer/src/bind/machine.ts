/**
 * Binding as a state machine: what the page shows after each answer of the bank. Pure, so that each branch has a test.
 *
 * Not for: calling the bank (`useBind.ts`), nor deciding anything: the server's `step` is the truth, this follows it.
 */

import type { Agreement, Bind, BindAim, BindStep, Bound, Checked, OtpSent, Problem, Question, Way } from '@weiyin/shared/api'

export type FieldName = 'card_no' | 'name' | 'id_no' | 'mobile'

export interface Notice {
  tone: 'danger' | 'wait' | 'info'
  words: string
  /** A second, smaller line: what to do. */
  more?: string
  /** Help that the words ask for. */
  help?: 'mobile_changed' | 'no_sms'
}

/** An end of the road that filling in the form again does not change. */
export type Wall =
  | { kind: 'locked'; words: string; untilMs: number | null }
  /** With `bank` that bank may take over, if the customer agrees; without it another card is needed. */
  | { kind: 'other_bank'; words: string; bank: string | null }
  | { kind: 'taken'; words: string }
  /** Bound elsewhere, and neither face nor PIN can be proved here today. */
  | { kind: 'unproven'; words: string }
  | { kind: 'minor'; words: string }
  | { kind: 'no_sms'; words: string }
  | { kind: 'no_mobile'; words: string }

export interface OtpView {
  sent: boolean
  way: Way
  resendAtMs: number
  voiceAtMs: number
  expiresAtMs: number
  /** No more codes today. */
  exhausted: boolean
  /** To be answered before the next code goes out, this way. */
  question: { ask: Question; way: Way } | null
}

export interface BindView {
  /** Null until the bank has said where we are. */
  step: BindStep | null
  /** The customer went back to the form although the server is further on. */
  amending: boolean
  mobileMasked: string
  /** `swap`: the binding moves here from another WeChat, and the PIN set there is proved, not set anew. `disown`: that WeChat is to be stopped. */
  aim: BindAim
  /** A face check was begun, and its result can be asked for. */
  faceBegun: boolean
  /** Cards can be photographed instead of typed. */
  photo: boolean
  agreements: Agreement[]
  otp: OtpView
  wall: Wall | null
  notice: Notice | null
  fields: Partial<Record<FieldName, string>>
  /** Grows with each refusal after which a code or PIN must be typed anew. */
  round: number
  done: Bound | null
  /** The other WeChat was stopped: the number of the case and by when it is answered. */
  stopped: string | null
}

export type At = 'check' | 'send' | 'otp' | 'face' | 'face_result' | 'pin'

export type BindEvent =
  | { type: 'loaded'; bind: Bind; nowMs: number }
  | { type: 'checked'; answer: Checked }
  | { type: 'sent'; answer: OtpSent; nowMs: number }
  /** With `aim`: whether a PIN is proved or set, for pages that learn it only here. */
  | { type: 'otp_ok'; aim?: BindAim }
  | { type: 'face_ok' }
  | { type: 'bound'; answer: Bound }
  | { type: 'refused'; at: At; problem: Problem; nowMs: number; way?: Way }
  | { type: 'unasked' }
  | { type: 'amend' }
  | { type: 'climb' }
  | { type: 'typed'; field?: FieldName }

const NO_OTP: OtpView = { sent: false, way: 'text', resendAtMs: 0, voiceAtMs: 0, expiresAtMs: 0, exhausted: false, question: null }

export const START: BindView = {
  step: null,
  amending: false,
  mobileMasked: '',
  aim: 'bind',
  faceBegun: false,
  photo: false,
  agreements: [],
  otp: NO_OTP,
  wall: null,
  notice: null,
  fields: {},
  round: 0,
  done: null,
  stopped: null,
}

const FIELD_OF: Record<string, FieldName> = {
  'input.card': 'card_no',
  'input.name': 'name',
  'input.id_no': 'id_no',
  'input.mobile': 'mobile',
}

export function next(view: BindView, event: BindEvent): BindView {
  switch (event.type) {
    case 'loaded':
      return loaded(view, event.bind, event.nowMs)
    case 'checked':
      return {
        ...clear(view),
        step: 'otp',
        amending: false,
        mobileMasked: event.answer.mobile_masked,
        aim: event.answer.aim,
        // What was asked for the check is agreed to by now.
        agreements: view.agreements.filter((a) => a.at !== 'card'),
        otp: NO_OTP,
      }
    case 'sent':
      return {
        ...clear(view),
        round: view.round + 1,
        otp: { ...sentView(event.answer, event.nowMs), sent: true, exhausted: false, question: null },
      }
    case 'otp_ok':
      return { ...clear(view), step: 'pin', aim: event.aim ?? view.aim, round: view.round + 1 }
    case 'face_ok':
      return { ...clear(view), step: 'pin', faceBegun: false, agreements: view.agreements.filter((a) => a.at !== 'face'), round: view.round + 1 }
    case 'bound':
      return { ...clear(view), step: 'done', done: event.answer }
    case 'refused':
      return refused(view, event.at, event.problem, event.nowMs, event.way ?? 'text')
    case 'unasked':
      return { ...view, otp: { ...view.otp, question: null } }
    case 'amend':
      return view.step === 'otp' || view.step === 'stopped' ? { ...clear(view), amending: true } : view
    case 'climb':
      return climbable(view.wall) ? { ...clear(view), wall: null, step: 'card' } : view
    case 'typed':
      return typed(view, event.field)
  }
}

function sentView(sent: OtpSent, nowMs: number): Pick<OtpView, 'way' | 'resendAtMs' | 'voiceAtMs' | 'expiresAtMs'> {
  return {
    way: sent.way,
    resendAtMs: nowMs + sent.resend_after_s * 1000,
    voiceAtMs: nowMs + sent.voice_after_s * 1000,
    expiresAtMs: nowMs + sent.expires_in_s * 1000,
  }
}

function clear(view: BindView): BindView {
  return { ...view, notice: null, fields: {}, wall: null }
}

/** Whether another card, or waiting, may get past this wall; a customer bound elsewhere is bound with each of their cards. */
export function climbable(wall: Wall | null): boolean {
  return wall?.kind === 'other_bank' || wall?.kind === 'locked'
}

function loaded(view: BindView, bind: Bind, nowMs: number): BindView {
  const moved = view.step !== bind.step
  // Coming back to a page that is where the server is: leave what is being read and typed alone.
  const kept = moved ? { ...clear(view), amending: false } : view
  return {
    ...kept,
    step: bind.step,
    mobileMasked: bind.mobile_masked ?? '',
    aim: bind.aim,
    faceBegun: bind.face_begun,
    photo: bind.photo,
    agreements: bind.agreements,
    otp: bind.otp
      ? { ...sentView(bind.otp, nowMs), sent: bind.otp.sent, exhausted: view.otp.exhausted, question: view.otp.question }
      : NO_OTP,
    done: bind.step === 'done' ? { step: 'done', accounts: bind.accounts ?? [], resumed: bind.resumed } : null,
    stopped: bind.stopped,
  }
}

function typed(view: BindView, field: FieldName | undefined): BindView {
  if (field === undefined || view.fields[field] === undefined) return view
  const rest = { ...view.fields }
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- one of four known names
  delete rest[field]
  return { ...view, fields: rest }
}

/** The words, with how many tries are left unless they say so already. */
function withLeft(problem: Problem, unit: string): Pick<Notice, 'words' | 'more'> {
  const { words, left } = problem
  if (left === undefined || /还可|还能|剩/.test(words)) return { words }
  return { words, more: left > 0 ? `${unit}还可以试 ${String(left)} 次` : `${unit}不能再试了` }
}

function wallOf(problem: Problem, nowMs: number): Wall | null {
  const { words } = problem
  switch (problem.code) {
    case 'bind.locked':
      return { kind: 'locked', words, untilMs: problem.retryAfterS === undefined ? null : nowMs + problem.retryAfterS * 1000 }
    case 'bind.other_bank':
      return { kind: 'other_bank', words, bank: problem.bank ?? null }
    case 'bind.taken':
      return { kind: 'taken', words }
    case 'pin.locked':
    case 'pin.none':
    case 'card.digits_locked':
    case 'pin.known_locked':
    case 'pin.branch':
    case 'unlock_code.guessed':
    case 'face.locked':
    case 'face.none':
      return { kind: 'unproven', words }
    case 'bind.minor':
      return { kind: 'minor', words }
    case 'bind.no_mobile':
      return { kind: 'no_mobile', words }
    case 'sms.none':
      return { kind: 'no_sms', words }
    default:
      return null
  }
}

function refused(view: BindView, at: At, problem: Problem, nowMs: number, way: Way): BindView {
  const base = clear(view)
  const wall = wallOf(problem, nowMs)
  if (wall) return { ...base, wall }
  const field = FIELD_OF[problem.code]
  if (field) return { ...base, fields: { [field]: problem.words } }
  switch (problem.code) {
    case 'bind.mismatch':
      return { ...base, notice: { tone: 'danger', ...withLeft(problem, '今天'), help: 'mobile_changed' } }
    case 'otp.too_soon': {
      const at = nowMs + (problem.retryAfterS ?? 60) * 1000
      return { ...base, otp: { ...base.otp, ...(way === 'voice' ? { voiceAtMs: at } : { resendAtMs: at }) } }
    }
    case 'otp.question':
      return problem.question ? { ...base, otp: { ...base.otp, question: { ask: problem.question, way } } } : base
    case 'otp.too_many':
      return { ...base, otp: { ...base.otp, exhausted: true }, notice: { tone: 'danger', words: problem.words } }
    case 'otp.wrong':
      return { ...base, round: view.round + 1, notice: { tone: 'danger', ...withLeft(problem, '') } }
    case 'otp.expired':
    case 'otp.used_up':
      return {
        ...base,
        round: view.round + 1,
        otp: { ...base.otp, sent: false, expiresAtMs: 0 },
        notice: { tone: 'wait', words: problem.words },
      }
  }
  if (at === 'pin') return pinRefused(base, problem)
  if (at === 'face' || at === 'face_result') return faceRefused(base, problem)
  if (at === 'check' && (problem.isUncertain || problem.code === 'core.busy')) {
    return { ...base, notice: { tone: 'wait', words: problem.words, more: '您填的还在，不用重填' } }
  }
  return { ...base, round: view.round + 1, notice: { tone: problem.isUncertain ? 'wait' : 'danger', words: problem.words } }
}

/** Only a check that has ended is not asked about again: after silence, and while it waits, its result may still come. */
function faceRefused(base: BindView, problem: Problem): BindView {
  const over = ['face.failed', 'face.cancelled', 'face.expired'].includes(problem.code)
  const tone = problem.code === 'face.failed' ? 'danger' : 'wait'
  return { ...base, faceBegun: base.faceBegun && !over, notice: { tone, ...withLeft(problem, '今天') } }
}

/** A key opens one envelope: whatever was refused, the PIN is typed anew, except when only a consent was missing. */
function pinRefused(base: BindView, problem: Problem): BindView {
  const again = problem.isUncertain || problem.code === 'core.busy' ? { more: '为了安全，密码要再输一遍' } : {}
  const tone = ['pin.weak', 'pin.differs', 'pin.wrong'].includes(problem.code) ? 'danger' : 'wait'
  return { ...base, round: base.round + 1, notice: { tone, ...withLeft(problem, '今天'), ...again } }
}
