import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { sm2 } from 'sm-crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { OFFLINE, Problem, type Agreement, type PinKey } from '@weiyin/shared/api'
import type { Bank } from '../src/bank'
import PinStep from '../src/bind/PinStep.vue'
import { START, type BindView } from '../src/bind/machine'
import Keypad from '../src/pin/Keypad.vue'

vi.mock('vue-router', async (original) => ({ ...(await original<object>()), useRouter: () => ({ replace: vi.fn() }) }))

const LAYOUT = [7, 2, 9, 0, 4, 1, 8, 5, 3, 6]
const pair = sm2.generateKeyPairHex()
const AGREEMENTS: Agreement[] = [
  { id: 'service', at: 'pin', version: '2026-09', title: '服务协议', text: '一' },
  { id: 'privacy', at: 'pin', version: '3.1', title: '授权书', text: '二' },
]
const VIEW: BindView = { ...START, step: 'pin', agreements: AGREEMENTS }

let keys = 0
const pinKey = vi.fn<() => Promise<PinKey>>()
let shown: VueWrapper | null = null

function open(view: BindView = VIEW) {
  const bank = { slug: 's', api: { pinKey, serverNow: () => 7 }, session: shallowRef(null), justBound: shallowRef(null) } as unknown as Bank
  const page = mount(PinStep, { props: { view, busy: false, bank, steps: null, typing: false }, attachTo: document.body })
  shown = page
  return page
}

async function press(page: VueWrapper, digits: string): Promise<void> {
  for (const digit of digits) {
    const key = page.findAll('.keypad-key').find((button) => button.text() === digit)
    if (!key) throw new Error(`no key ${digit}`)
    await key.trigger('click')
  }
  await vi.advanceTimersByTimeAsync(200)
}

const dots = (page: VueWrapper) => page.find('.dots').attributes('aria-label')
const button = (page: VueWrapper, words: string) => page.findAll('button').find((one) => one.text().includes(words))
const sealed = (page: VueWrapper) => page.emitted<[{ key_id: string; cipher: string; consents: unknown }]>('seal') ?? []

beforeEach(() => {
  vi.useFakeTimers()
  keys = 0
  pinKey.mockReset()
  pinKey.mockImplementation(() => {
    keys += 1
    return Promise.resolve({ key_id: `pin_${String(keys)}`, public_key: pair.publicKey, nonce: 'n', openid_hash: 'h', layout: LAYOUT, expires_in_s: 180, now_ms: 42_000 })
  })
})
afterEach(() => {
  shown?.unmount()
  vi.useRealTimers()
})

describe('the keypad', () => {
  it('stands in the order the bank shuffled', () => {
    const keypad = mount(Keypad, { props: { layout: LAYOUT } })
    expect(keypad.findAll('.keypad-key').map((key) => key.text())).toEqual(['7', '2', '9', '0', '4', '1', '8', '5', '3', '清空', '6', ''])
  })

  it('has no input, so no system keyboard, autofill or clipboard', () => {
    const keypad = mount(Keypad, { props: { layout: LAYOUT } })
    expect(keypad.findAll('input, textarea, [contenteditable]')).toHaveLength(0)
  })

  it('gives every key a name a screen reader can say, and marks none after a press', async () => {
    const keypad = mount(Keypad, { props: { layout: LAYOUT } })
    const before = keypad.html()
    await keypad.findAll('.keypad-key')[4]?.trigger('click')
    expect(keypad.html()).toBe(before)
    for (const key of keypad.findAll('.keypad-key')) expect(key.text() || key.attributes('aria-label')).not.toBe('')
  })
})

describe('setting the PIN', () => {
  it('shows a count and never a digit', async () => {
    const page = open()
    await flushPromises()
    await press(page, '2749')
    expect(dots(page)).toBe('设密码，已输入 4 位，共 6 位')
    const other = page.html().replace(page.find('.keypad').html(), '')
    expect(other).not.toMatch(/2749|9472/)
  })

  it('takes digits back', async () => {
    const page = open()
    await flushPromises()
    await press(page, '2749')
    await page.find('[aria-label="删除一位"]').trigger('click')
    expect(dots(page)).toContain('3 位')
    await button(page, '清空')?.trigger('click')
    expect(dots(page)).toContain('0 位')
  })

  it('seals it after the second time and hands up ciphertext only, with the consents', async () => {
    const page = open()
    await flushPromises()
    await press(page, '274906')
    expect(dots(page)).toBe('再输一遍，已输入 0 位，共 6 位')
    await press(page, '274906')
    expect(page.find('.keypad').exists()).toBe(false)
    for (const tick of page.findAll('[role="checkbox"]')) await tick.trigger('click')
    await button(page, '完成绑定')?.trigger('click')
    const [[event] = []] = sealed(page)
    expect(event?.key_id).toBe('pin_1')
    expect(event?.consents).toEqual([{ id: 'service', version: '2026-09' }, { id: 'privacy', version: '3.1' }])
    expect(JSON.parse(sm2.doDecrypt(event?.cipher ?? '', pair.privateKey, 1))).toEqual({ pin: '274906', again: '274906', nonce: 'n', ts: 42_000, openid_hash: 'h' })
  })

  it('is typed once where it proves who one is, however easy it is', async () => {
    const page = open({ ...VIEW, aim: 'swap', agreements: [] })
    await flushPromises()
    expect(page.find('h1').text()).toBe('输微信银行密码')
    await press(page, '123456')
    await button(page, '换到这个微信')?.trigger('click')
    const [[event] = []] = sealed(page)
    expect(JSON.parse(sm2.doDecrypt(event?.cipher ?? '', pair.privateKey, 1))).toMatchObject({ pin: '123456', again: '123456' })
  })

  it('sends nothing before each agreement is ticked', async () => {
    const page = open()
    await flushPromises()
    await press(page, '274906')
    await press(page, '274906')
    expect(page.findAll('[aria-checked="true"]')).toHaveLength(0)
    await page.find('[role="checkbox"]').trigger('click')
    await button(page, '完成绑定')?.trigger('click')
    expect(sealed(page)).toHaveLength(0)
    expect(page.text()).toContain('请先看协议')
  })

  it('sends once, however often the button is tapped', async () => {
    const page = open({ ...VIEW, agreements: [] })
    await flushPromises()
    await press(page, '274906')
    await press(page, '274906')
    const finish = button(page, '完成绑定')
    await Promise.all([finish?.trigger('click'), finish?.trigger('click')])
    expect(sealed(page)).toHaveLength(1)
  })

  it('uses the bank’s own time when the key brings it', async () => {
    pinKey.mockResolvedValue({ key_id: 'k', public_key: pair.publicKey, nonce: 'n', openid_hash: 'h', layout: LAYOUT, expires_in_s: 180, now_ms: 77 })
    const page = open({ ...VIEW, agreements: [] })
    await flushPromises()
    await press(page, '274906')
    await press(page, '274906')
    await button(page, '完成绑定')?.trigger('click')
    expect(JSON.parse(sm2.doDecrypt(sealed(page)[0]?.[0].cipher ?? '', pair.privateKey, 1))).toMatchObject({ ts: 77 })
  })

  it('begins again when the two differ', async () => {
    const page = open()
    await flushPromises()
    await press(page, '274906')
    await press(page, '274907')
    expect(page.text()).toContain('两次输的不一样')
    expect(dots(page)).toBe('设密码，已输入 0 位，共 6 位')
  })

  it('refuses a plain one at once', async () => {
    const page = open()
    await flushPromises()
    await press(page, '123456')
    expect(page.text()).toContain('密码太简单')
    expect(dots(page)).toBe('设密码，已输入 0 位，共 6 位')
  })
})

describe('leaving the page', () => {
  const see = (state: 'hidden' | 'visible') => {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
    document.dispatchEvent(new Event('visibilitychange'))
  }
  afterEach(() => { vi.restoreAllMocks() })

  it.each([
    ['another app comes to the front', () => { see('hidden'); see('visible') }],
    ['the window loses the focus', () => { window.dispatchEvent(new Event('blur')) }],
    ['the page is put away', () => { window.dispatchEvent(new Event('pagehide')) }],
  ])('empties the dots when %s', async (_, goAway) => {
    const page = open()
    await flushPromises()
    await press(page, '2749')
    goAway()
    await flushPromises()
    expect(dots(page)).toBe('设密码，已输入 0 位，共 6 位')
    expect(page.text()).toContain('离开过页面')
    expect(pinKey).toHaveBeenCalledTimes(2)
  })

  it('drops a sealed PIN too', async () => {
    const page = open({ ...VIEW, agreements: [] })
    await flushPromises()
    await press(page, '274906')
    await press(page, '274906')
    window.dispatchEvent(new Event('blur'))
    await flushPromises()
    expect(button(page, '完成绑定')).toBeUndefined()
    expect(page.find('.keypad').exists()).toBe(true)
  })
})

describe('the key', () => {
  it('is taken anew after a refusal, with everything typed again', async () => {
    const page = open({ ...VIEW, agreements: [] })
    await flushPromises()
    await press(page, '274906')
    await press(page, '274906')
    await page.setProps({ view: { ...VIEW, round: 1, notice: { tone: 'danger', words: '密码太简单' } } })
    await flushPromises()
    expect(pinKey).toHaveBeenCalledTimes(2)
    expect(page.text()).toContain('密码太简单')
    expect(dots(page)).toContain('0 位')
  })

  it('is renewed before the bank forgets it', async () => {
    const page = open()
    await flushPromises()
    await press(page, '27')
    await vi.advanceTimersByTimeAsync(165_000)
    expect(pinKey).toHaveBeenCalledTimes(2)
    expect(page.text()).toContain('停留太久了')
    expect(dots(page)).toContain('0 位')
  })

  it('can be asked for again when it did not come', async () => {
    pinKey.mockRejectedValueOnce(Problem.local(OFFLINE))
    const page = open()
    await flushPromises()
    expect(page.find('.keypad').exists()).toBe(false)
    await button(page, '再试一次')?.trigger('click')
    await flushPromises()
    expect(page.find('.keypad').exists()).toBe(true)
  })
})
