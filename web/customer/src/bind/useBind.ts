/**
 * Carries out binding: one call at a time, each answer through the machine. A second tap while a call runs is the first
 * tap; after an answer that got lost the bank is asked where we are, before anything is sent again.
 */

import { GARBLED, Problem, asProblem, type Consent, type CustomerApi, type IdentityForm, type OtpReply, type SealedPin, type Way } from '@weiyin/shared/api'
import { readonly, ref, shallowRef } from 'vue'
import { START, next, type At, type BindEvent, type FieldName } from './machine'

type BindCalls = Pick<CustomerApi, 'bind' | 'check' | 'sendOtp' | 'checkOtp' | 'beginFace' | 'faceResult' | 'setPin'>

export function useBind(api: BindCalls, leave: (problem: Problem) => boolean, now: () => number = Date.now, go: (url: string) => void = (url) => { location.assign(url) }) {
  const view = shallowRef(START)
  const busy = ref<At | 'load' | null>(null)
  /** Another bank has taken over: binding goes on at this path of the app. */
  const moved = ref<string | null>(null)
  /** The first load failed: nothing to show yet. */
  const broken = shallowRef<Problem | null>(null)

  function tell(event: BindEvent): void {
    view.value = next(view.value, event)
  }

  async function load(): Promise<void> {
    if (busy.value !== null) return
    busy.value = 'load'
    broken.value = null
    try {
      tell({ type: 'loaded', bind: await api.bind(), nowMs: now() })
    } catch (error) {
      const problem = asProblem(error)
      // With something on screen already, a failed look is no news.
      if (!leave(problem) && view.value.step === null) broken.value = problem
    } finally {
      busy.value = null
    }
  }

  /** Runs one step; taps while one runs do nothing. */
  async function run(at: At, step: () => Promise<BindEvent | null>, way: Way = 'text'): Promise<void> {
    if (busy.value !== null) return
    busy.value = at
    try {
      const event = await step()
      if (event) tell(event)
    } catch (error) {
      const problem = asProblem(error)
      if (!leave(problem) && !(await hasMovedOn(problem))) tell({ type: 'refused', at, problem, nowMs: now(), way })
    } finally {
      busy.value = null
    }
  }

  /** Whether the bank took the step although its answer was lost, or another window did it: then we show where it is. */
  async function hasMovedOn(problem: Problem): Promise<boolean> {
    if (!problem.isUncertain && problem.code !== 'bind.step' && problem.code !== 'bind.done') return false
    const before = view.value.step
    try {
      const bind = await api.bind()
      if (bind.step === before) return false
      tell({ type: 'loaded', bind, nowMs: now() })
      return true
    } catch {
      return false
    }
  }

  async function check(form: IdentityForm): Promise<BindEvent | null> {
    const answer = await api.check(form)
    if (answer.step === 'otp') return { type: 'checked', answer }
    moved.value = pathOf(answer.redirect)
    return null
  }

  return {
    view,
    busy: readonly(busy),
    moved,
    broken,
    load,
    check: (form: IdentityForm) => run('check', () => check(form)),
    sendOtp: (way: Way, answer?: OtpReply) => {
      const wish = answer ? { way, answer } : { way }
      return run('send', async () => ({ type: 'sent', answer: await api.sendOtp(wish), nowMs: now() }), way)
    },
    unasked: () => { tell({ type: 'unasked' }) },
    checkOtp: (code: string) => run('otp', async () => {
      const { step } = await api.checkOtp({ code })
      // Other steps bring something along: a consent of its own, a case.
      return step === 'pin' ? { type: 'otp_ok' } : { type: 'loaded', bind: await api.bind(), nowMs: now() }
    }),
    beginFace: (consents: Consent[]) => run('face', async () => {
      go((await api.beginFace({ consents })).url)
      return null
    }),
    faceResult: () => run('face_result', async () => {
      await api.faceResult()
      return { type: 'face_ok' }
    }),
    setPin: (sealed: SealedPin) => run('pin', async () => ({ type: 'bound', answer: await api.setPin(sealed) })),
    amend: () => { tell({ type: 'amend' }) },
    climb: () => { tell({ type: 'climb' }) },
    typed: (field?: FieldName) => { tell(field === undefined ? { type: 'typed' } : { type: 'typed', field }) },
  }
}

/** The router's path of another session's bind page; the start page of nothing else is followed. */
function pathOf(redirect: string): string {
  const slug = /^\/h5\/s\/([\w-]+)\/bind$/.exec(redirect)?.[1]
  if (slug === undefined) throw Problem.local(GARBLED)
  return `/s/${slug}/bind`
}

export type Binding = ReturnType<typeof useBind>
