/**
 * A form's state on the page: what the bank keeps of it, what is typed, and what is wrong.
 *
 * The bank keeps each step, and what is typed in between, so that one can leave at any time. Calls go out one after another: what
 * was typed earlier never overwrites what was typed later. Not for: whether an answer fits, which only the bank says.
 */

import { asProblem, type Case, type Form, type FormField, type FormPictures, type OtpReply, type Problem, type Question, type Way } from '@weiyin/shared/api'
import { computed, ref, shallowRef } from 'vue'
import type { Bank } from '../bank'
import { pictureOf } from '../bind/picture'

/** How long after the last letter what was typed is kept. */
export const KEEP_MS = 1_200

export type Keeping = 'none' | 'saving' | 'saved' | 'failed'
type Answers = Record<string, string>

/** Whether a question stands, given the other answers. */
export function stands(field: FormField, answers: Answers): boolean {
  return field.when === null || field.when.is.includes(answers[field.when.field] ?? '')
}

/** Where to go on: the first step that is not done; a form that was handed in before opens at its beginning. */
function startOf(form: Form): number {
  if (!form.draft || form.draft.asked !== '') return 0
  return Math.min(Math.max(form.draft.at_step, 0), form.steps.length)
}

export function useForm(bank: Bank, kind: () => string, leave: (problem: Problem) => boolean) {
  const form = shallowRef<Form | null>(null)
  const closed = shallowRef<Problem | null>(null)
  const answers = ref<Answers>({})
  const shown = ref<Answers>({})
  const wrong = ref<Answers>({})
  /** The step on the screen; one past the last is the end, where all is read over and handed in. */
  const at = ref(0)
  const keeping = ref<Keeping>('none')
  const problem = shallowRef<Problem | null>(null)
  const busy = ref(false)
  const handedIn = shallowRef<Case | null>(null)
  const question = shallowRef<{ ask: Question; way: Way } | null>(null)
  /** The question whose photo is on its way. */
  const sending = ref('')
  const code = ref({ sent: false, way: 'text' as Way, resendAtMs: 0, voiceAtMs: 0 })

  const step = computed(() => form.value?.steps[at.value] ?? null)
  const fields = computed(() => (step.value?.fields ?? []).filter((field) => stands(field, answers.value)))
  const atEnd = computed(() => form.value !== null && at.value >= form.value.steps.length)

  let timer: ReturnType<typeof setTimeout> | undefined
  let line: Promise<unknown> = Promise.resolve()
  /** One call after the other. */
  function queue<T>(call: () => Promise<T>): Promise<T> {
    const next = line.then(call, call)
    line = next.catch(() => undefined)
    return next
  }

  async function open(): Promise<void> {
    closed.value = null
    form.value = null
    try {
      const read = await bank.api.form({ kind: kind() })
      answers.value = { ...read.draft?.answers }
      shown.value = { ...read.draft?.shown }
      at.value = startOf(read)
      keeping.value = read.draft ? 'saved' : 'none'
      form.value = read
    } catch (error) {
      const met = asProblem(error)
      if (!leave(met)) closed.value = met
    }
  }

  function sent(of: number): Answers {
    const names = (form.value?.steps[of]?.fields ?? []).map((field) => field.name)
    return Object.fromEntries(names.map((name) => [name, answers.value[name] ?? '']))
  }

  async function keep(of: number): Promise<void> {
    keeping.value = 'saving'
    try {
      const told = await queue(() => bank.api.saveForm({ kind: kind(), step: of, answers: sent(of), done: false }))
      shown.value = told.shown
      keeping.value = 'saved'
    } catch (error) {
      const met = asProblem(error)
      if (!leave(met)) keeping.value = 'failed'
    }
  }

  function type(name: string, value: string): void {
    answers.value = { ...answers.value, [name]: value }
    if (name in wrong.value) wrong.value = Object.fromEntries(Object.entries(wrong.value).filter(([other]) => other !== name))
    clearTimeout(timer)
    // Until the bank has it, it is not kept, and the page does not say so.
    keeping.value = 'saving'
    const of = at.value
    timer = setTimeout(() => {
      timer = undefined
      void keep(of)
    }, KEEP_MS)
  }

  /** What was typed a moment ago is kept before the page goes. */
  function flush(): void {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    if (!atEnd.value) void keep(at.value)
  }

  function photosOf(name: string): string[] {
    return (answers.value[name] ?? '').split(',').filter((one) => one !== '')
  }

  /** A photo is kept or taken back at once; what was typed before goes first. */
  async function changePhotos(name: string, call: () => Promise<FormPictures>): Promise<void> {
    if (sending.value !== '') return
    flush()
    sending.value = name
    wrong.value = Object.fromEntries(Object.entries(wrong.value).filter(([other]) => other !== name))
    try {
      const told = await queue(call)
      answers.value = { ...answers.value, [name]: told.pictures.join(',') }
      keeping.value = 'saved'
      startOver()
    } catch (error) {
      const met = asProblem(error)
      if (!leave(met)) wrong.value = { ...wrong.value, [name]: met.words }
    } finally {
      sending.value = ''
    }
  }

  function addPhoto(field: string, file: Blob): Promise<void> {
    return changePhotos(field, async () => bank.api.addFormPicture({ kind: kind(), field, picture: await pictureOf(file, true) }))
  }

  function removePhoto(field: string, id: string): Promise<void> {
    return changePhotos(field, () => bank.api.removeFormPicture({ kind: kind(), field, id }))
  }

  /** One call at a time; a second tap while it runs is the first one. */
  async function run(call: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    problem.value = null
    try {
      await call()
    } catch (error) {
      const met = asProblem(error)
      if (leave(met)) return
      problem.value = met
      if (met.fields) blame(met.fields)
    } finally {
      busy.value = false
    }
  }

  /** What the bank found wrong is shown on the step it stands on. */
  function blame(found: Answers): void {
    wrong.value = found
    const steps = form.value?.steps ?? []
    const first = steps.findIndex((one) => one.fields.some((field) => field.name in found))
    if (first >= 0) at.value = first
  }

  function next(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const of = at.value
    return run(async () => {
      keeping.value = 'saving'
      try {
        const told = await queue(() => bank.api.saveForm({ kind: kind(), step: of, answers: sent(of), done: true }))
        shown.value = told.shown
        wrong.value = {}
        keeping.value = 'saved'
        at.value = of + 1
        startOver()
      } catch (error) {
        // What does not fit yet is kept all the same.
        keeping.value = asProblem(error).fields ? 'saved' : 'failed'
        throw error
      }
    })
  }

  function go(to: number): void {
    flush()
    problem.value = null
    at.value = to
  }

  /** Another answer wants another code. */
  function startOver(): void {
    code.value = { ...code.value, sent: false }
    question.value = null
  }

  function sendCode(way: Way, answer?: OtpReply): Promise<void> {
    return run(async () => {
      try {
        const told = await bank.api.sendFormCode({ kind: kind(), wish: answer ? { way, answer } : { way } })
        question.value = null
        code.value = { sent: true, way: told.way, resendAtMs: Date.now() + told.resend_after_s * 1000, voiceAtMs: Date.now() + told.voice_after_s * 1000 }
      } catch (error) {
        const met = asProblem(error)
        if (met.question) {
          question.value = { ask: met.question, way }
          return
        }
        if (met.retryAfterS !== undefined) code.value = { ...code.value, sent: true, resendAtMs: Date.now() + met.retryAfterS * 1000 }
        throw error
      }
    })
  }

  function submit(agreed: string[], typed: string): Promise<void> {
    const consents = (form.value?.consents ?? []).filter((one) => agreed.includes(one.id)).map(({ id, version }) => ({ id, version }))
    return run(async () => {
      handedIn.value = await bank.api.submitForm({ kind: kind(), consents, code: typed })
    })
  }

  return { form, closed, answers, shown, wrong, at, step, fields, atEnd, keeping, problem, busy, handedIn, question, code, sending, photosOf, addPhoto, removePhoto, open, type, flush, next, go, sendCode, submit }
}

export type FormState = ReturnType<typeof useForm>
