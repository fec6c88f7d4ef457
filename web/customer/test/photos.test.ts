import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, type Form, type FormField } from '@weiyin/shared/api'
import type { Bank } from '../src/bank'
import Photos from '../src/form/Photos.vue'
import { useForm } from '../src/form/useForm'

vi.mock('../src/bind/picture', () => ({ pictureOf: vi.fn(() => Promise.resolve('AAAA')) }))

const FIELD: FormField = { name: 'slip', kind: 'photo', label: '小票', help: '', required: false, max_chars: 0, max_pictures: 2, unit: '', options: [], when: null }
const FORM: Form = {
  kind: 'cc_dispute', title: '申诉', intro: '', by: '信用卡中心', within: '7个工作日', bring: [], consents: [], code: false, handed_in: false, draft: null,
  steps: [{ title: '凭据', words: '', fields: [FIELD] }],
}
const PNG = new File([new Uint8Array([137, 80, 78, 71])], 'slip.png', { type: 'image/png' })
const click = vi.spyOn(HTMLInputElement.prototype, 'click')

function shown(kept: string[], more: Record<string, unknown> = {}) {
  return mount(Photos, { props: { field: FIELD, kept, address: (id: string) => `/p/${id}`, sending: false, ...more } })
}

beforeEach(() => { click.mockReset() })

describe('photos as an answer', () => {
  it('are asked for until there are enough, and one at a time', async () => {
    const page = shown(['a'])
    await page.find('.photos-add').trigger('click')
    expect(click).toHaveBeenCalledTimes(1)
    await page.setProps({ sending: true })
    await page.find('.photos-add').trigger('click')
    await page.setProps({ sending: false, kept: ['a', 'b'] })
    await page.find('.photos-add').trigger('click')
    expect(click).toHaveBeenCalledTimes(1)
    expect(page.find('.photos-add').text()).toBe('2 张，够了')
  })

  it('are described, and taken back with the second tap only', async () => {
    const page = shown(['a', 'b'])
    expect(page.findAll('img').map((one) => [one.attributes('src'), one.attributes('alt')])).toEqual([['/p/a', '小票，第 1 张'], ['/p/b', '小票，第 2 张']])
    const off = page.findAll('.photos-off')[1]
    await off?.trigger('click')
    expect(page.emitted('remove')).toBeUndefined()
    await off?.trigger('click')
    expect(page.emitted('remove')).toEqual([['b']])
  })
})

describe('a form with photos', () => {
  const api = { form: vi.fn(), saveForm: vi.fn(), addFormPicture: vi.fn(), removeFormPicture: vi.fn() }
  const open = async () => {
    api.form.mockResolvedValue(FORM)
    const state = useForm({ api } as unknown as Bank, () => 'cc_dispute', () => false)
    await state.open()
    return state
  }

  it('keeps each at once, and a failure leaves those that are kept and says why', async () => {
    const state = await open()
    api.addFormPicture.mockResolvedValueOnce({ pictures: ['a'], saved_at_ms: 1 })
    await state.addPhoto('slip', PNG)
    expect(state.photosOf('slip')).toEqual(['a'])
    expect(state.keeping.value).toBe('saved')
    api.addFormPicture.mockRejectedValueOnce(new Problem(400, { code: 'case.picture_size', words: '照片太大了，请重拍一张' }))
    await state.addPhoto('slip', PNG)
    await flushPromises()
    expect(state.photosOf('slip')).toEqual(['a'])
    expect(state.wrong.value).toEqual({ slip: '照片太大了，请重拍一张' })
    api.removeFormPicture.mockResolvedValueOnce({ pictures: [], saved_at_ms: 2 })
    await state.removePhoto('slip', 'a')
    expect(state.photosOf('slip')).toEqual([])
    expect(state.wrong.value).toEqual({})
  })
})
