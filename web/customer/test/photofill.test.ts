import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { Problem, type IdentityForm, type Photo, type Proposed } from '@weiyin/shared/api'
import PhotoFill from '../src/bind/PhotoFill.vue'
import { AS_IS_MAX_BYTES, pictureOf } from '../src/bind/picture'
import { routes } from '../src/router'

const EMPTY: IdentityForm = { card_no: '', name: '', id_no: '', mobile: '' }
const PRIVACY = { id: 'privacy', version: '2', title: '同意书', text: '一', at: 'card' as const }
const PNG = new File([new Uint8Array([137, 80, 78, 71])], 'card.png', { type: 'image/png' })

const read = vi.fn<(photo: Photo) => Promise<Proposed>>()
let page: VueWrapper
const click = vi.spyOn(HTMLInputElement.prototype, 'click')

function open(form: Partial<IdentityForm> = {}, agreed = ['privacy']) {
  const router = createRouter({ history: createMemoryHistory(), routes })
  page = mount(PhotoFill, {
    props: {
      modelValue: { ...EMPTY, ...form }, read, agreements: [PRIVACY], agreed, disabled: false,
      'onUpdate:modelValue': (modelValue: IdentityForm) => { void page.setProps({ modelValue }) },
    },
    global: { plugins: [router] },
  })
}

async function take(kind: '拍银行卡' | '拍身份证', file: File = PNG) {
  await page.findAll('button').find((one) => one.text() === kind)?.trigger('click')
  const input = page.find('input').element
  Object.defineProperty(input, 'files', { value: [file], configurable: true })
  await page.find('input').trigger('change')
  await vi.waitFor(() => { expect(read).toHaveBeenCalled() })
  await flushPromises()
}

const form = () => (page.props() as { modelValue: IdentityForm }).modelValue

beforeEach(() => {
  read.mockReset()
  click.mockReset()
})
afterEach(() => { page.unmount() })

describe('a photo of a card', () => {
  it('fills in what was read, says to check it, and sends nothing further', async () => {
    open()
    read.mockResolvedValue({ number: '6217001234567890123', name: null })
    await take('拍银行卡')
    expect(read.mock.calls[0]?.[0]).toEqual({ kind: 'bank_card', picture: 'iVBORw==', consents: [{ id: 'privacy', version: '2' }] })
    expect(form()).toEqual({ ...EMPTY, card_no: '6217001234567890123' })
    expect(page.text()).toContain('请对着看一遍')
    expect(page.emitted('filled')).toEqual([[['card_no']]])
  })

  it('of a person brings number and name', async () => {
    open()
    read.mockResolvedValue({ number: '37142119550101003X', name: '李芳' })
    await take('拍身份证')
    expect(form()).toMatchObject({ id_no: '37142119550101003X', name: '李芳' })
  })

  it('does not take the place of what was typed meanwhile', async () => {
    open()
    let answer: (got: Proposed) => void = () => undefined
    read.mockReturnValue(new Promise((done) => { answer = done }))
    await take('拍银行卡')
    expect(page.text()).toContain('正在读…')
    await page.setProps({ modelValue: { ...EMPTY, card_no: '6217' } })
    answer({ number: '6217001234567890123', name: null })
    await flushPromises()
    expect(form().card_no).toBe('6217')
  })

  it('is not asked for before the agreements are ticked', async () => {
    open({}, [])
    await page.findAll('button')[0]?.trigger('click')
    expect(click).not.toHaveBeenCalled()
    expect(page.emitted('unagreed')).toHaveLength(1)
  })

  it.each([
    ['photo.unclear', 400, '没看清。放平、在亮处再拍一张，或手动输入'],
    ['photo.busy', 503, '识别没有回话，请手动输入，或过一会儿再拍'],
    ['net.offline', 0, '网络没连上，请看看信号再试'],
  ])('that ends in %s leads back to typing', async (code, status, words) => {
    open({ name: '李芳' })
    read.mockRejectedValue(new Problem(status, { code, words }))
    await take('拍银行卡')
    expect(page.text()).toContain(words)
    expect(page.text()).toContain('手动输入')
    expect(form()).toEqual({ ...EMPTY, name: '李芳' })
    expect(page.findAll('button').every((one) => one.attributes('aria-disabled') === undefined)).toBe(true)
  })
})

describe('a file', () => {
  it('that is a small picture is sent as it is', async () => {
    expect(await pictureOf(PNG)).toBe('iVBORw==')
  })

  it('that the browser cannot show is refused in words', async () => {
    open()
    const large = new File([new Uint8Array(AS_IS_MAX_BYTES + 1)], 'a.png', { type: 'image/png' })
    for (const file of [large, new File(['x'], 'a.txt', { type: 'text/plain' })]) {
      await expect(pictureOf(file)).rejects.toMatchObject({ code: 'photo.type' })
    }
  })
})
