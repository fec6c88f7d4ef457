import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, type Form, type FormField } from '@weiyin/shared/api'
import type { Bank } from '../src/bank'
import Answer from '../src/form/Answer.vue'
import { KEEP_MS, stands, useForm } from '../src/form/useForm'

const field = (name: string, more: Partial<FormField> = {}): FormField =>
  ({ name, kind: 'text', label: name, help: '', required: true, max_chars: 20, max_pictures: 0, unit: '', options: [], when: null, ...more })
const job = field('job', { kind: 'choice', options: [{ value: 'farm', label: '种地' }, { value: 'shop', label: '开店' }] })
const scale = field('scale', { when: { field: 'job', is: ['farm'] } })

function form(draft: Form['draft'] = null): Form {
  return {
    kind: 'cc_apply', title: '信用卡申请', intro: '', by: '信用卡中心', within: '2个工作日', bring: [], consents: [], code: true, handed_in: false, draft,
    steps: [{ title: '收入', words: '', fields: [job, scale] }, { title: '联系', words: '', fields: [field('address')] }],
  }
}

const api = { form: vi.fn(), saveForm: vi.fn(), sendFormCode: vi.fn(), submitForm: vi.fn() }
const open = async (draft: Form['draft'] = null) => {
  api.form.mockResolvedValue(form(draft))
  const state = useForm({ api } as unknown as Bank, () => 'cc_apply', () => false)
  await state.open()
  return state
}
const kept = (at: number) => ({ at_step: at, saved_at_ms: 1, shown: {} })

beforeEach(() => {
  vi.useFakeTimers()
  for (const call of Object.values(api)) call.mockReset()
})
afterEach(() => { vi.useRealTimers() })

describe('a form', () => {
  it('goes on where it was left', async () => {
    const state = await open({ at_step: 1, answers: { job: 'shop' }, shown: {}, saved_at_ms: 1, ends_at_ms: 2, asked: '' })
    expect(state.at.value).toBe(1)
    expect(state.answers.value).toEqual({ job: 'shop' })
  })

  it('opens at its beginning when more is asked for', async () => {
    const state = await open({ at_step: 2, answers: {}, shown: {}, saved_at_ms: 1, ends_at_ms: null, asked: '请补一份证明' })
    expect(state.at.value).toBe(0)
  })

  it('asks only what stands', () => {
    expect(stands(scale, { job: 'farm' })).toBe(true)
    expect(stands(scale, { job: 'shop' })).toBe(false)
    expect(stands(scale, {})).toBe(false)
  })

  it('keeps what is typed a moment after the last letter, and says when it could not', async () => {
    const state = await open()
    api.saveForm.mockResolvedValueOnce(kept(0))
    state.type('job', 'farm')
    state.type('scale', '羊')
    expect(api.saveForm).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(KEEP_MS)
    expect(api.saveForm).toHaveBeenCalledTimes(1)
    expect(api.saveForm.mock.calls[0]?.[0]).toEqual({ kind: 'cc_apply', step: 0, answers: { job: 'farm', scale: '羊' }, done: false })
    expect(state.keeping.value).toBe('saved')
    api.saveForm.mockRejectedValueOnce(Problem.local('net.offline'))
    state.type('scale', '羊40只')
    await vi.advanceTimersByTimeAsync(KEEP_MS)
    expect(state.keeping.value).toBe('failed')
  })

  it('never lets what was typed earlier overwrite the finished step', async () => {
    const state = await open()
    let let_go: (told: object) => void = () => undefined
    api.saveForm.mockImplementationOnce(() => new Promise((done) => { let_go = done }))
    api.saveForm.mockResolvedValueOnce(kept(1))
    state.type('job', 'shop')
    await vi.advanceTimersByTimeAsync(KEEP_MS)
    const going = state.next()
    await flushPromises()
    expect(api.saveForm).toHaveBeenCalledTimes(1)
    let_go(kept(0))
    await going
    expect(api.saveForm.mock.calls[1]?.[0].done).toBe(true)
    expect(state.at.value).toBe(1)
  })

  it('stays on a step with something wrong, and two taps are one', async () => {
    const state = await open()
    api.saveForm.mockRejectedValueOnce(new Problem(400, { code: 'case.fields', words: '有几项还要改一改', fields: { job: '请选一个' } }))
    await Promise.all([state.next(), state.next()])
    expect(api.saveForm).toHaveBeenCalledTimes(1)
    expect(state.at.value).toBe(0)
    expect(state.wrong.value).toEqual({ job: '请选一个' })
    state.type('job', 'farm')
    expect(state.wrong.value).toEqual({})
  })

  it('leads to the step the bank blames at the submission', async () => {
    const state = await open({ at_step: 2, answers: {}, shown: {}, saved_at_ms: 1, ends_at_ms: 2, asked: '' })
    expect(state.atEnd.value).toBe(true)
    api.submitForm.mockRejectedValueOnce(new Problem(400, { code: 'case.fields', words: '', fields: { address: '这一项还没填' } }))
    await state.submit([], '123456')
    expect(state.at.value).toBe(1)
  })
})

describe('a question', () => {
  let shown: VueWrapper | null = null
  afterEach(() => { shown?.unmount() })

  it('says what is wrong beside it, where a reader finds it', () => {
    shown = mount(Answer, { props: { field: field('address', { label: '住在哪里', help: '到村组' }), modelValue: '', error: '这一项还没填' } })
    const input = shown.get('input')
    expect(input.attributes('aria-invalid')).toBe('true')
    const about = (input.attributes('aria-describedby') ?? '').split(' ')
    expect(about.map((id) => document.getElementById(id) ?? shown?.find(`#${CSS.escape(id)}`).text())).toEqual(['到村组', '这一项还没填'])
  })

  it('of a closed choice is answered by real radio buttons, one name for all', async () => {
    shown = mount(Answer, { props: { field: job, modelValue: '', 'onUpdate:modelValue': (value: string) => shown?.setProps({ modelValue: value }) } })
    const radios = shown.findAll<HTMLInputElement>('input[type=radio]')
    expect(new Set(radios.map((one) => one.element.name)).size).toBe(1)
    await radios[1]?.setValue()
    expect(shown.emitted('update:modelValue')?.[0]).toEqual(['shop'])
  })
})
