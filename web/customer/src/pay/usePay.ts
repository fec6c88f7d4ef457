/**
 * Carries out one payment: what is shown after each answer of the bank. One call at a time; what was sent once is never sent
 * again by itself. When no answer came to the payment, the bank is asked what became of it, and nothing is called failed.
 *
 * Not for: deciding anything about money. The bank's `step`, `state`, `title` and `words` are shown as they are.
 */

import { asProblem, type OtpReply, type Problem, type SealedPin, type Way } from '@weiyin/shared/api'
import type { CustomerApi, PayAsked, PayCard, PayPage, PayPayee, PayResult } from '@weiyin/shared/api'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { START, next, type BindView } from '../bind/machine'
import { useCalls } from '../bind/useCalls'
import { endOf, isLost, isPending, leavesCard, type End } from './ends'
import { mayAsk, pauseMs } from './poll'
import { Seen } from './seen'

export type PayStep = 'opening' | 'payee' | 'word' | 'recap' | 'stop' | 'otp' | 'pin' | 'sending' | 'outcome' | 'end' | 'broken'
export type PayeeField = 'name' | 'number' | 'number_again' | 'bank'

const FIELD_OF = new Map<string, PayeeField>([
  ['payee.name', 'name'],
  ['payee.mismatch', 'name'],
  ['payee.number', 'number'],
  ['payee.missing', 'number'],
  ['payee.inactive', 'number'],
  ['pay.self', 'number'],
  ['payee.unlike', 'number_again'],
  ['payee.bank_unknown', 'bank'],
])

/** So long after silence an order that the bank still waits for never arrived. */
const SILENCE_MS = 20_000

export type PayApi = Pick<CustomerApi, 'pay' | 'setPayPayee' | 'setPayWord' | 'setPayWhen' | 'sendPayCode' | 'checkPayCode' | 'doPay' | 'cancelPay' | 'payResult'>

export function usePay(api: PayApi, leave: (problem: Problem) => boolean, now: () => number = () => performance.now()) {
  const step = ref<PayStep>('opening')
  const asked = shallowRef<PayAsked | null>(null)
  const card = shallowRef<PayCard | null>(null)
  const result = shallowRef<PayResult | null>(null)
  const end = shallowRef<End | null>(null)
  /** The page could not be read; it may be tried again. */
  const broken = shallowRef<Problem | null>(null)
  /** What is wrong with the payee as it was typed. */
  const fields = ref<Partial<Record<PayeeField, string>>>({})
  const needsBank = ref(false)
  /** The payment went out and no answer came back. */
  const lost = ref(false)
  /** Asking what became of it: the last question did not get through; no more is asked, the chat tells. */
  const cut = ref(false)
  const over = ref(false)
  const view = shallowRef<BindView>({ ...START, aim: 'swap' })
  const seen = new Seen(now)
  const { busy, run } = useCalls(view, taken, stepBack)

  // ---- Where we are ----

  async function load(): Promise<void> {
    busy.value = 'load'
    broken.value = null
    step.value = 'opening'
    try {
      show(await api.pay())
    } catch (error) {
      const problem = asProblem(error)
      if (taken(problem)) return
      if (problem.isUncertain) {
        broken.value = problem
        step.value = 'broken'
      } else {
        close({ title: '现在打不开', words: problem.words, again: false })
      }
    } finally {
      busy.value = null
    }
  }

  function show(page: PayPage): void {
    asked.value = page.payee
    if (page.card) {
      card.value = page.card
      view.value = { ...view.value, mobileMasked: page.card.mobile_masked }
    }
    if (page.step === 'result' && page.result) settle(page.result)
    else if (page.step === 'confirm' && page.card) step.value = 'recap'
    else step.value = page.step === 'word' ? 'word' : 'payee'
  }

  function close(at: End): void {
    end.value = at
    step.value = 'end'
  }

  /** Takes a refusal that is about the whole page. */
  function taken(problem: Problem): boolean {
    if (problem.code === 'pay.under_way') {
      void look(problem)
      return true
    }
    const at = endOf(problem)
    if (at) {
      close(at)
      return true
    }
    return leave(problem)
  }

  /** Back to what was refused, before the words are shown: a proof that ran out, a question not answered, or the PIN. */
  function stepBack(problem: Problem): void {
    if (problem.code === 'undo.code') {
      view.value = { ...view.value, otp: { ...view.value.otp, sent: false } }
      // The bank may want one that the payment as shown did not need.
      if (card.value) card.value = { ...card.value, factors: 'code_and_pin' }
      step.value = 'otp'
    } else if (problem.code === 'pay.again' && card.value) {
      card.value = { ...card.value, again: true }
      step.value = 'recap'
    } else if (problem.code === 'pay.sure' && card.value) {
      card.value = { ...card.value, warning: card.value.warning || problem.words }
      step.value = 'recap'
    } else if (step.value === 'sending') {
      step.value = 'pin'
    }
  }

  /** What runs already may be this very payment, sent from another window: then its result is shown. */
  async function look(problem: Problem): Promise<void> {
    const page = await api.pay().catch(() => null)
    if (page?.step === 'result' && page.result) settle(page.result)
    else close(endOf(problem) ?? { title: '', words: problem.words, again: false })
  }

  // ---- A new payee ----

  function typed(field: PayeeField): void {
    fields.value = Object.fromEntries(Object.entries(fields.value).filter(([name]) => name !== field))
    if (view.value.notice) view.value = { ...view.value, notice: null }
  }

  function namePayee(form: PayPayee): void {
    void run('check', async () => {
      try {
        show(await api.setPayPayee(form))
        view.value = { ...view.value, notice: null }
      } catch (error) {
        const problem = asProblem(error)
        if (!atField(problem) && !(await hasMovedOn(problem))) throw problem
      }
      return null
    })
  }

  function atField(problem: Problem): boolean {
    const field = FIELD_OF.get(problem.code)
    if (field === undefined) return false
    if (field === 'bank') needsBank.value = true
    const left = problem.left === undefined || problem.left <= 0 || /还可|还能|剩/.test(problem.words) ? '' : `，今天还能试 ${String(problem.left)} 次`
    view.value = { ...view.value, notice: null }
    fields.value = { [field]: problem.words + left }
    return true
  }

  /** Whether the bank took the payee although its answer was lost. */
  async function hasMovedOn(problem: Problem): Promise<boolean> {
    if (!problem.isUncertain) return false
    const page = await api.pay().catch(() => null)
    if (page === null || page.step === 'payee') return false
    show(page)
    return true
  }

  /** The word for the machine; what was taken although its answer was lost is shown as it stands. */
  function chooseWord(word: string, again: string): void {
    void run('check', async () => {
      show(await api.setPayWord({ word, word_again: again }))
      view.value = { ...view.value, notice: null }
      return null
    })
  }

  /** At once or tomorrow; the bank answers with another payment to confirm. */
  function chooseSpeed(speed: NonNullable<PayCard['speed']>): void {
    const intent = card.value?.intent
    if (intent === undefined) return
    void run('check', async () => {
      try {
        show(await api.setPayWhen({ intent, speed }))
        view.value = { ...view.value, notice: null }
      } catch (error) {
        const problem = asProblem(error)
        if (!leavesCard(problem)) throw problem
        view.value = { ...view.value, notice: { tone: 'wait', words: problem.words } }
      }
      return null
    })
  }

  // ---- Proofs ----

  function goOn(): void {
    view.value = { ...view.value, notice: null }
    step.value = card.value?.factors === 'code_and_pin' ? 'otp' : 'pin'
  }

  function send(way: Way, answer?: OtpReply): void {
    const intent = card.value?.intent
    if (intent === undefined) return
    const wish = answer ? { way, answer } : { way }
    void run('send', async () => ({ type: 'sent', answer: await api.sendPayCode({ intent, wish }), nowMs: Date.now() }), way)
  }

  function check(code: string): void {
    const intent = card.value?.intent
    if (intent === undefined) return
    void run('otp', async () => {
      await api.checkPayCode({ intent, code })
      step.value = 'pin'
      return { type: 'otp_ok', aim: 'swap' }
    })
  }

  // ---- The payment ----

  function pay({ key_id, cipher }: SealedPin): void {
    const chosen = card.value
    if (!chosen || busy.value !== null) return
    step.value = 'sending'
    // To confirm is not offered before what stands beside it is ticked.
    const sure = chosen.again || chosen.warning !== ''
    const order = { intent: chosen.intent, pin: { key_id, cipher }, sure, shown_ms: seen.ms }
    void run('pin', async () => {
      try {
        settle(await api.doPay(order))
      } catch (error) {
        const problem = asProblem(error)
        if (!isLost(problem)) throw problem
        lost.value = true
        lostAt = now()
        follow()
      }
      return null
    })
  }

  function cancel(): void {
    void run('send', async () => {
      settle(await api.cancelPay())
      return null
    })
  }

  // ---- What became of it ----

  let timer: ReturnType<typeof setTimeout> | undefined
  let asking = false
  let questions = 0
  let since: number | null = null
  let lostAt = 0

  function settle(read: PayResult): void {
    lost.value = false
    cut.value = false
    result.value = read
    if (isPending(read.state)) follow()
    else rest()
  }

  /** Shows how it stands and asks again, with growing pauses. */
  function follow(): void {
    step.value = 'outcome'
    since ??= now()
    clearTimeout(timer)
    over.value = !mayAsk(questions, now() - since)
    if (!over.value) timer = setTimeout(() => { void ask() }, pauseMs(questions))
  }

  function rest(): void {
    step.value = 'outcome'
    over.value = false
    clearTimeout(timer)
  }

  async function ask(): Promise<void> {
    if (asking || document.visibilityState === 'hidden') return
    asking = true
    questions += 1
    clearTimeout(timer)
    try {
      if (lost.value) found(await api.pay())
      else settle(await api.payResult())
    } catch (error) {
      const problem = asProblem(error)
      cut.value = problem.code.startsWith('net.')
      if (isLost(problem)) follow()
      else over.value = true
    } finally {
      asking = false
    }
  }

  /**
   * Where the bank is after its silence. That it waits to be paid says nothing at first, the order may still be on its way;
   * after a while it never arrived, and may be given once more: the same intent is never paid twice.
   */
  function found(page: PayPage): void {
    if (page.step === 'result' && page.result) {
      settle(page.result)
    } else if (now() - lostAt < SILENCE_MS) {
      cut.value = false
      follow()
    } else {
      lost.value = false
      cut.value = false
      since = null
      questions = 0
      show(page)
      if (page.step === 'confirm') step.value = 'pin'
      const deed = card.value?.deed ?? '转'
      view.value = { ...view.value, notice: { tone: 'wait', words: `银行没有收到，还没有${deed}`, more: `再输一遍密码就行，不会${deed}两次` } }
    }
  }

  /** Somebody who looks again wants to know now. */
  function lookAgain(): void {
    const waits = lost.value || (result.value !== null && isPending(result.value.state))
    if (step.value === 'outcome' && waits && document.visibilityState === 'visible') void ask()
  }

  document.addEventListener('visibilitychange', lookAgain)
  onScopeDispose(() => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', lookAgain)
  })

  return {
    step, asked, card, result, end, broken, fields, needsBank, lost, cut, over, view, busy, seen,
    load, typed, namePayee, chooseWord, chooseSpeed, goOn, send, check, pay, cancel, lookAgain,
    unasked: () => { view.value = next(view.value, { type: 'unasked' }) },
    stop: () => { step.value = 'stop' },
  }
}

export type Paying = ReturnType<typeof usePay>
