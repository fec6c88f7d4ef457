import { describe, expect, it } from 'vitest'
import { GARBLED, OFFLINE, Problem, type Bind } from '@weiyin/shared/api'
import { START, climbable, next, type At, type BindEvent, type BindView } from '../src/bind/machine'

const NOW = 1_000_000

function bind(part: Partial<Bind> = {}): Bind {
  return { step: 'card', mobile_masked: null, aim: 'bind', face_begun: false, photo: false, left: 3, agreements: [], otp: null, accounts: null, resumed: false, stopped: null, ...part }
}

function after(...events: BindEvent[]): BindView {
  return events.reduce(next, START)
}

const loaded = (part: Partial<Bind> = {}): BindEvent => ({ type: 'loaded', bind: bind(part), nowMs: NOW })
const checked: BindEvent = { type: 'checked', answer: { step: 'otp', mobile_masked: '139****1234', aim: 'bind' } }
const sent: BindEvent = { type: 'sent', answer: { way: 'text', resend_after_s: 60, voice_after_s: 60, expires_in_s: 180 }, nowMs: NOW }

function refused(at: At, code: string, more: { words?: string; status?: number; left?: number; retry_after_s?: number; bank?: string } = {}): BindEvent {
  const { status = 400, words = '话', ...rest } = more
  return { type: 'refused', at, nowMs: NOW, problem: new Problem(status, { code, words, ...rest }) }
}

describe('the straight way', () => {
  it('goes card, otp, pin, done', () => {
    const done = { step: 'done' as const, accounts: [], resumed: true }
    const steps = [loaded(), checked, sent, { type: 'otp_ok' } as const, { type: 'bound', answer: done } as const]
    const seen = steps.map((_, i) => after(...steps.slice(0, i + 1)).step)
    expect(seen).toEqual(['card', 'otp', 'otp', 'pin', 'done'])
    expect(after(...steps).done).toEqual(done)
  })

  it('shows where the code went and how long it lives', () => {
    const view = after(loaded(), checked, sent)
    expect(view.mobileMasked).toBe('139****1234')
    expect(view.otp).toEqual({ sent: true, way: 'text', resendAtMs: NOW + 60_000, voiceAtMs: NOW + 60_000, expiresAtMs: NOW + 180_000, exhausted: false, question: null })
  })
})

describe('the face check', () => {
  const face = loaded({ step: 'face', aim: 'swap', face_begun: true })

  it.each([
    ['face.failed', 400, false, 'danger'],
    ['face.cancelled', 409, false, 'wait'],
    ['face.expired', 410, false, 'wait'],
    ['face.waiting', 409, true, 'wait'],
    ['face.busy', 503, true, 'wait'],
    ['net.timeout', 0, true, 'wait'],
  ])('%s: what happened is said, and whether its result may still come', (code, status, begun, tone) => {
    const view = after(face, refused('face_result', code, { status, words: '刷脸的话' }))
    expect(view).toMatchObject({ step: 'face', wall: null, faceBegun: begun, notice: { tone, words: '刷脸的话' } })
  })

  it('says how often it may still be tried', () => {
    expect(after(face, refused('face_result', 'face.failed', { left: 2 })).notice?.more).toBe('今天还可以试 2 次')
  })

  it.each(['face.locked', 'face.none'])('%s is a wall that another card does not get past', (code) => {
    const view = after(face, refused('face', code))
    expect(view.wall?.kind).toBe('unproven')
    expect(climbable(view.wall)).toBe(false)
  })
})

describe('leaving and coming back', () => {
  it('goes on at the step the bank is at', () => {
    const view = after(loaded({ step: 'otp', mobile_masked: '139****1234', otp: { sent: true, way: 'text', resend_after_s: 5, voice_after_s: 5, expires_in_s: 90 } }))
    expect(view.step).toBe('otp')
    expect(view.otp.resendAtMs).toBe(NOW + 5_000)
  })

  it('shows a finished binding as finished', () => {
    const accounts = [{ label: '借记卡', tail: '8821', kind: 'debit' as const }]
    expect(after(loaded({ step: 'done', accounts })).done).toEqual({ step: 'done', accounts, resumed: false })
  })

  it('keeps what is being read when the step is the same', () => {
    const view = after(loaded(), refused('check', 'bind.mismatch', { left: 2 }), loaded())
    expect(view.notice?.more).toBe('今天还可以试 2 次')
  })

  it('drops it when the bank is further on', () => {
    const view = after(loaded(), refused('check', 'bind.mismatch', { left: 2 }), loaded({ step: 'pin' }))
    expect(view.notice).toBeNull()
    expect(view.step).toBe('pin')
  })
})

describe('the identity check refused', () => {
  it('does not say which of the four was wrong', () => {
    const view = after(loaded(), refused('check', 'bind.mismatch', { words: '有一项不一样', left: 2 }))
    expect(view.fields).toEqual({})
    expect(view.notice).toEqual({ tone: 'danger', words: '有一项不一样', more: '今天还可以试 2 次', help: 'mobile_changed' })
  })

  it('does not repeat a count the words give already', () => {
    const view = after(loaded(), refused('check', 'bind.mismatch', { words: '不一样，今天还可试 2 次', left: 2 }))
    expect(view.notice?.more).toBeUndefined()
  })

  it.each([
    ['input.card', 'card_no'],
    ['input.name', 'name'],
    ['input.id_no', 'id_no'],
    ['input.mobile', 'mobile'],
  ])('puts %s beside its field', (code, field) => {
    expect(after(loaded(), refused('check', code, { words: '不对' })).fields).toEqual({ [field]: '不对' })
  })

  it('takes a field’s words away when it is typed in', () => {
    const view = after(loaded(), refused('check', 'input.card'), { type: 'typed', field: 'name' })
    expect(view.fields).toEqual({ card_no: '话' })
    expect(next(view, { type: 'typed', field: 'card_no' }).fields).toEqual({})
  })

  it('stands before a wall when locked, until the time is over', () => {
    const view = after(loaded(), refused('check', 'bind.locked', { status: 429, retry_after_s: 90 }))
    expect(view.wall).toEqual({ kind: 'locked', words: '话', untilMs: NOW + 90_000 })
  })

  it('names the other bank', () => {
    const view = after(loaded(), refused('check', 'bind.other_bank', { status: 409, bank: '江油农商行' }))
    expect(view.wall).toEqual({ kind: 'other_bank', words: '话', bank: '江油农商行' })
  })

  it('names none where that bank can’t take over', () => {
    expect(after(loaded(), refused('check', 'bind.other_bank', { status: 409 })).wall).toMatchObject({ bank: null })
  })

  it.each(['bind.taken', 'bind.minor', 'sms.none', 'bind.no_mobile', 'pin.locked', 'pin.none'])('stands before a wall for %s', (code) => {
    expect(after(loaded(), refused('check', code, { status: 403 })).wall).not.toBeNull()
  })

  it('lets another card try past a wall that depends on the card, not past one that depends on the person', () => {
    const wallOf = (code: string) => after(loaded(), refused('check', code))
    expect(next(wallOf('bind.other_bank'), { type: 'climb' })).toMatchObject({ wall: null, step: 'card' })
    expect(next(wallOf('bind.taken'), { type: 'climb' }).wall).not.toBeNull()
    expect(next(wallOf('bind.minor'), { type: 'climb' }).wall).not.toBeNull()
    expect(climbable(null)).toBe(false)
  })

  it.each([['core.busy', 503], [OFFLINE, 0], [GARBLED, 502]])('says nothing is lost after %s', (code, status) => {
    const view = after(loaded(), refused('check', code, { status }))
    expect(view.notice).toMatchObject({ tone: 'wait', more: '您填的还在，不用重填' })
    expect(view.step).toBe('card')
  })
})

describe('asking for another code', () => {
  const question = { id: 'q1', words: '七加五等于几？', picture: 'data:,' }
  const asked = (way: 'text' | 'voice') => {
    const problem = new Problem(409, { code: 'otp.question', words: '话', question })
    return after(loaded(), checked, sent, { type: 'refused', at: 'send', problem, nowMs: NOW, way })
  }

  it('may need a small question, and goes on the way that was asked for', () => {
    expect(asked('voice').otp.question).toEqual({ ask: question, way: 'voice' })
    expect(next(asked('voice'), sent).otp.question).toBeNull()
  })

  it('can be left', () => {
    expect(next(asked('text'), { type: 'unasked' }).otp.question).toBeNull()
  })

  it('makes a call wait by itself', () => {
    const problem = new Problem(429, { code: 'otp.too_soon', words: '话', retry_after_s: 40 })
    const view = after(loaded(), checked, sent, { type: 'refused', at: 'send', problem, nowMs: NOW, way: 'voice' })
    expect(view.otp).toMatchObject({ voiceAtMs: NOW + 40_000, resendAtMs: NOW + 60_000 })
  })
})

describe('the code refused', () => {
  it('asks for another try with the tries left, and empties the boxes', () => {
    const before = after(loaded(), checked, sent)
    const view = next(before, refused('otp', 'otp.wrong', { left: 2 }))
    expect(view.notice).toMatchObject({ tone: 'danger', more: '还可以试 2 次' })
    expect(view.round).toBe(before.round + 1)
    expect(view.otp.sent).toBe(true)
  })

  it.each(['otp.expired', 'otp.used_up'])('wants a new code after %s', (code) => {
    const view = after(loaded(), checked, sent, refused('otp', code, { status: 410 }))
    expect(view.otp.sent).toBe(false)
    expect(view.notice?.tone).toBe('wait')
  })

  it('waits when asked for again too soon, without scolding', () => {
    const view = after(loaded(), checked, sent, refused('send', 'otp.too_soon', { status: 429, retry_after_s: 40 }))
    expect(view.otp.resendAtMs).toBe(NOW + 40_000)
    expect(view.notice).toBeNull()
  })

  it('sends no more codes after too many', () => {
    const view = after(loaded(), checked, refused('send', 'otp.too_many', { status: 429 }))
    expect(view.otp.exhausted).toBe(true)
    expect(view.step).toBe('otp')
  })

  it('lets the customer go back and correct the number', () => {
    const view = after(loaded(), checked, { type: 'amend' })
    expect(view.amending).toBe(true)
    expect(next(view, checked).amending).toBe(false)
    expect(after(loaded(), { type: 'amend' }).amending).toBe(false)
  })

  it('asks for the new number’s code after a correction, not for the old one’s', () => {
    expect(after(loaded(), checked, sent, { type: 'amend' }, checked).otp.sent).toBe(false)
  })
})

describe('the PIN refused', () => {
  it.each(['pin.weak', 'pin.differs', 'pin.key_expired', 'pin.replayed', 'consent.missing', 'core.busy'])('is typed anew after %s, since a key seals one envelope', (code) => {
    const before = after(loaded({ step: 'pin' }))
    const view = next(before, refused('pin', code))
    expect(view.round).toBe(before.round + 1)
    expect(view.step).toBe('pin')
    expect(view.notice?.words).toBe('话')
  })

  it('explains why when the fault was ours', () => {
    expect(after(loaded({ step: 'pin' }), refused('pin', OFFLINE, { status: 0 })).notice?.more).toBe('为了安全，密码要再输一遍')
  })
})

it('shows the words of a refusal nobody foresaw', () => {
  expect(after(loaded(), refused('check', 'bind.some_new_rule', { words: '新规矩' })).notice?.words).toBe('新规矩')
})
