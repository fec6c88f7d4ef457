// @vitest-environment happy-dom
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { ControlError } from '../src/control/api'
import PhoneFrame from '../src/phone/PhoneFrame.vue'
import { deskKey, type Desk } from '../src/state/desk'
import type { Phone } from '../src/state/phones'
import { ACCOUNT, USER, type FakeSimulator } from './fake'
import { layOut } from './lay'

let page: VueWrapper
let simulator: FakeSimulator
let desk: Desk
let phone: Phone

beforeEach(async () => {
  serveEmptyPages()
  ;({ simulator, desk, phone } = await layOut())
  page = mount(PhoneFrame, { props: { phone }, global: { provide: { [deskKey as symbol]: desk }, stubs: { transition: true } }, attachTo: document.body })
  await flushPromises()
})

afterEach(() => {
  page.unmount()
  desk.world.close()
  vi.unstubAllGlobals()
})

/** Frames open an empty page instead of reaching for the network. */
function serveEmptyPages() {
  const { settings } = (window as unknown as { happyDOM: { settings: Record<string, unknown> } }).happyDOM
  settings['enableIframePageLoading'] = true
  settings['fetch'] = { ...(settings['fetch'] as object), interceptor: { beforeAsyncRequest: () => Promise.resolve(new Response('<p>page</p>')) } }
}

const button = (name: string) => {
  const found = page.findAll('button').find((one) => one.text() === name || one.attributes('aria-label') === name)
  if (found === undefined) throw new Error(`no button ${name} in ${page.text()}`)
  return found
}
async function intoChat() {
  desk.phones.enter(phone, ACCOUNT.appid)
  await flushPromises()
}

describe('the phone', () => {
  it('lists the chats of its customer and goes into one', async () => {
    const row = page.findAll('button').find((one) => one.text().includes('云岭农信'))
    await row?.trigger('click')
    expect(page.find('[role=log]').attributes('aria-label')).toBe('与云岭农信的对话')
  })

  it('sends what was typed when Enter is pressed, and not with Shift or while composing', async () => {
    await intoChat()
    await button('切换到键盘').trigger('click')
    const field = page.get('textarea')
    await field.setValue('查余额')
    await field.trigger('keydown', { key: 'Enter', shiftKey: true })
    await field.trigger('keydown', { key: 'Enter', isComposing: true })
    expect(simulator.sent).toEqual([])
    await field.trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(simulator.sent.map((one) => one.what)).toEqual([{ type: 'text', content: '查余额' }])
    expect(field.element.value).toBe('')
  })

  it('lets the keyboard go from the log straight to writing', async () => {
    await intoChat()
    expect(page.find('textarea').exists()).toBe(false)
    await page.get('[role=log]').trigger('keydown', { key: 'Enter' })
    await nextTick()
    expect(document.activeElement).toBe(page.get('textarea').element)
  })

  it('sends a tapped menu line with its id', async () => {
    await intoChat()
    simulator.emit({ kind: 'item', appid: ACCOUNT.appid, uid: USER.id, item: simulator.item({ parts: [{ t: 'text', text: '请选：' }, { t: 'menu', text: '尾号6688', id: 'acct:1' }] }) })
    await nextTick()
    await button('尾号6688').trigger('click')
    await flushPromises()
    expect(simulator.sent.map((one) => one.what)).toEqual([{ type: 'text', content: '尾号6688', bizmsgmenuid: 'acct:1' }])
  })

  it('presses the account’s menu: a click sends its key, a page opens in the web view', async () => {
    await intoChat()
    await button('我的账户').trigger('click')
    await button('查余额').trigger('click')
    await button('我的账户').trigger('click')
    await button('绑定').trigger('click')
    await flushPromises()
    expect(simulator.sent.map((one) => one.what)).toEqual([
      { type: 'click', key: 'balance' },
      { type: 'view', url: 'http://127.0.0.1:1/h5/go' },
    ])
    const source = page.get('iframe').attributes('src') ?? ''
    expect(Object.fromEntries(new URLSearchParams(source.split('?')[1]))).toEqual({ uid: USER.id, appid: ACCOUNT.appid, url: 'http://127.0.0.1:1/h5/go' })
  })

  it('closes the web view when its own page says so, and not when another does', async () => {
    await intoChat()
    desk.phones.openWeb(phone, ACCOUNT.appid, 'http://127.0.0.1:1/h5')
    await nextTick()
    window.dispatchEvent(new MessageEvent('message', { data: { weiyin: 'close' }, source: window as never }))
    expect(phone.web).not.toBeNull()
    const inside = page.get<HTMLIFrameElement>('iframe').element.contentWindow
    expect(inside).not.toBeNull()
    window.dispatchEvent(new MessageEvent('message', { data: { weiyin: 'close' }, source: inside }))
    expect(phone.web).toBeNull()
  })

  it('never opens a script address', async () => {
    await intoChat()
    simulator.emit({ kind: 'item', appid: ACCOUNT.appid, uid: USER.id, item: simulator.item({ parts: [{ t: 'link', text: '点我', href: 'javascript:alert(1)' }] }) })
    await nextTick()
    await button('点我').trigger('click')
    expect(phone.web).toBeNull()
    expect(desk.notes.map((one) => one.words)).toEqual(['这种链接模拟手机打不开'])
  })

  it('shows tags in a text as text', async () => {
    await intoChat()
    simulator.emit({ kind: 'item', appid: ACCOUNT.appid, uid: USER.id, item: simulator.item({ text: '<img src=x onerror=1>' }) })
    await nextTick()
    expect(page.find('.log img').exists()).toBe(false)
    expect(page.text()).toContain('<img src=x onerror=1>')
  })

  it('marks a message that did not leave and sends it again on a tap', async () => {
    await intoChat()
    await button('切换到键盘').trigger('click')
    simulator.broken = new ControlError('offline', '连不上模拟器', 0)
    await page.get('textarea').setValue('在吗')
    await page.get('textarea').trigger('keydown', { key: 'Enter' })
    await flushPromises()
    simulator.broken = null
    await button('连不上模拟器，点击重发').trigger('click')
    await flushPromises()
    expect(simulator.sent.map((one) => one.what)).toEqual([{ type: 'text', content: '在吗' }])
  })

  it('says in its title that the account is typing', async () => {
    await intoChat()
    simulator.emit({ kind: 'typing', appid: ACCOUNT.appid, uid: USER.id, on: true })
    await nextTick()
    expect(page.get('h2').text()).toBe('对方正在输入…')
  })

  it('sends a voice message with an empty recognition, kept apart from none', async () => {
    await intoChat()
    await button('切换到键盘').trigger('click')
    await button('更多功能').trigger('click')
    await button('语音').trigger('click')
    await page.get('input[value=empty]').setValue(true)
    await page.get('[role=dialog] form').trigger('submit')
    await button('更多功能').trigger('click')
    await button('语音').trigger('click')
    await page.get('input[value=none]').setValue(true)
    await page.get('[role=dialog] form').trigger('submit')
    await flushPromises()
    expect(simulator.sent.map((one) => one.what)).toEqual([
      { type: 'voice', seconds: 3, recognition: '' },
      { type: 'voice', seconds: 3, recognition: null },
    ])
  })

  it('offers to follow when the customer does not', async () => {
    simulator.chatOf(ACCOUNT.appid, USER.id).followed = false
    await desk.world.reloadChat(ACCOUNT.appid, USER.id)
    await intoChat()
    await button('关注公众号').trigger('click')
    await flushPromises()
    expect(simulator.calls).toContain('follow')
    expect(page.find('[role=menubar]').exists()).toBe(true)
  })

  it('asks before it unfollows', async () => {
    desk.phones.push(phone, { name: 'profile', appid: ACCOUNT.appid })
    await flushPromises()
    await button('不再关注').trigger('click')
    expect(simulator.calls).not.toContain('unfollow')
    await page.get('[role=dialog] .danger').trigger('click')
    await flushPromises()
    expect(simulator.calls).toContain('unfollow')
  })
})

describe('a short message', () => {
  const sms = { kind: 'sms', sms: { id: 's1', at_ms: 0, way: 'text', to: '138****0001', text: '【云岭农信】验证码 482913' } } as const

  it('drops into the one phone that has a page open', async () => {
    await intoChat()
    desk.phones.openWeb(phone, ACCOUNT.appid, 'http://127.0.0.1:1/h5')
    simulator.emit(sms)
    await nextTick()
    expect(page.find('.banner').text()).toContain('482913')
  })

  it('drops into none when two have: a number does not say whose it is', async () => {
    await intoChat()
    const other = desk.phones.add('u2')
    if (other === null) throw new Error('no phone')
    desk.phones.openWeb(phone, ACCOUNT.appid, 'http://127.0.0.1:1/h5')
    desk.phones.openWeb(other, ACCOUNT.appid, 'http://127.0.0.1:1/h5')
    simulator.emit(sms)
    await nextTick()
    expect(page.find('.banner').exists()).toBe(false)
  })
})
