// @vitest-environment happy-dom
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, type Component } from 'vue'
import NoticesPanel from '../src/bench/NoticesPanel.vue'
import ServicePanel from '../src/bench/ServicePanel.vue'
import { NOTICE_CHAT, type NoticeTemplate } from '../src/control/types'
import PhoneFrame from '../src/phone/PhoneFrame.vue'
import { deskKey, type Desk } from '../src/state/desk'
import type { Phone } from '../src/state/phones'
import { ACCOUNT, USER, type FakeSimulator } from './fake'
import { layOut } from './lay'

const ONCE: NoticeTemplate = { template_id: 't1', title: '业务办理进度通知', type: 2, consent: { left: 0, always: false } }
const LONG: NoticeTemplate = { template_id: 't2', title: '惠民补贴到账通知', type: 3, consent: { left: 0, always: true } }
const AGENT = { kf_account: 'wu@bank', nick: '吴柜员', bound: true, invited: null, online: true, auto: false }

let simulator: FakeSimulator
let desk: Desk
let phone: Phone
const mounted: VueWrapper[] = []

beforeEach(async () => {
  ;({ simulator, desk, phone } = await layOut())
})
afterEach(() => {
  mounted.splice(0).forEach((one) => one.unmount())
  desk.world.close()
  vi.unstubAllGlobals()
})

async function show(what: Component, props: Record<string, unknown>) {
  const page = mount(what, { props, global: { provide: { [deskKey as symbol]: desk }, stubs: { transition: true } }, attachTo: document.body })
  mounted.push(page)
  await flushPromises()
  return page
}
const button = (page: VueWrapper, name: string) => {
  const found = page.findAll('button').find((one) => one.text() === name || one.attributes('aria-label') === name)
  if (found === undefined) throw new Error(`no button ${name} in ${page.text()}`)
  return found
}

describe('subscription notices', () => {
  it('are asked for in WeChat’s own sheet, and what stays ticked is agreed to', async () => {
    simulator.notices = [ONCE, LONG]
    const page = await show(PhoneFrame, { phone })
    desk.phones.ask(phone, ACCOUNT.appid)
    await flushPromises()
    expect(page.get('[role=dialog]').text()).toContain('同意一次发一条')
    await page.findAll('input[type=checkbox]')[1]?.setValue(false)
    await button(page, '允许').trigger('click')
    await flushPromises()
    expect(simulator.calls).toContain('answerNotices t1=true,t2=false')
    expect(page.find('[role=dialog]').exists()).toBe(false)
  })

  it('are refused when the sheet is closed', async () => {
    simulator.notices = [ONCE]
    const page = await show(PhoneFrame, { phone })
    desk.phones.ask(phone, ACCOUNT.appid)
    await flushPromises()
    await page.get('[role=dialog]').trigger('keydown', { key: 'Escape' })
    await flushPromises()
    expect(simulator.calls).toContain('answerNotices t1=false')
  })

  it('of an account that is not followed stand among the service notices', async () => {
    const page = await show(PhoneFrame, { phone })
    const template = { title: ONCE.title, rows: [{ name: '办理进度', value: '已办结' }], url: '' }
    simulator.emit({ kind: 'item', appid: NOTICE_CHAT, uid: USER.id, item: simulator.item({ kind: 'notice', from: '云岭农信', template }) })
    await nextTick()
    const row = page.findAll('button').find((one) => one.text().includes('服务通知'))
    expect(row?.text()).toContain('业务办理进度通知')
    await row?.trigger('click')
    expect(page.get('[aria-label=服务通知]').text()).toContain('已办结')
    expect(page.get('.from').text()).toBe('云岭农信订阅通知')
    expect(desk.world.chat(NOTICE_CHAT, USER.id).unread).toBe(0)
  })

  it('a one-time message is agreed to on WeChat’s own page, in a web view', async () => {
    const page = await show(NoticesPanel, { appid: ACCOUNT.appid })
    await button(page, '请李芳同意收一条消息').trigger('click')
    const url = new URL(phone.web?.url ?? '')
    expect(url.pathname).toBe('/mp/subscribemsg')
    expect(url.searchParams.get('template_id')).toBe(ACCOUNT.once_template)
    expect(url.searchParams.get('redirect_url')).toBe(`${location.origin}/mp/subscribemsg/done`)
    const view = await show(PhoneFrame, { phone })
    expect(view.get('iframe').attributes('src')).toContain('/webview?')
  })

  it('a one-time message has words and no labels', async () => {
    const page = await show(PhoneFrame, { phone })
    desk.phones.enter(phone, ACCOUNT.appid)
    const template = { title: '预约提醒', rows: [{ name: '', value: '明天上午九点' }], url: 'https://h5.example/visit' }
    simulator.emit({ kind: 'item', appid: ACCOUNT.appid, uid: USER.id, item: simulator.item({ kind: 'notice', from: '云岭农信', template }) })
    await nextTick()
    const card = page.get('.card')
    expect(card.get('h4').text()).toBe('预约提醒')
    expect(card.get('dd').text()).toBe('明天上午九点')
    expect(card.find('dt').exists()).toBe(false)
    await card.get('button').trigger('click')
    expect(phone.web?.url).toBe('https://h5.example/visit')
  })

  it('can be turned off, and a mass send be written by hand', async () => {
    simulator.notices = [ONCE, LONG]
    const page = await show(NoticesPanel, { appid: ACCOUNT.appid })
    expect(page.findAll('button').filter((one) => one.text() === '关掉')).toHaveLength(1)
    await button(page, '关掉惠民补贴到账通知').trigger('click')
    await page.get('input[aria-label=文章标题]').setValue('元旦营业时间')
    await page.get('form').trigger('submit')
    await button(page, '没人确认').trigger('click')
    await flushPromises()
    expect(simulator.calls).toEqual(expect.arrayContaining(['refuseNotices t2', 'massByHand 元旦营业时间', 'nextMass 40002']))
  })
})

describe('WeChat’s own customer-service desk', () => {
  it('shows who waits, takes them, and writes as the agent', async () => {
    simulator.service = { agents: [AGENT], waiting: [{ uid: USER.id, since_ms: 0 }], sessions: [] }
    const page = await show(ServicePanel, { appid: ACCOUNT.appid })
    await button(page, '吴柜员接入').trigger('click')
    simulator.service = { agents: [AGENT], waiting: [], sessions: [{ uid: USER.id, kf_account: AGENT.kf_account, since_ms: 0, forwards: true }] }
    simulator.emit({ kind: 'desk', appid: ACCOUNT.appid })
    await flushPromises()
    expect(page.text()).toContain('吴柜员 正在接待 李芳')
    await page.get('form input').setValue('请带身份证')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(simulator.calls).toContain('atDesk wu@bank {"do":"take","uid":"u1"}')
    expect(simulator.calls).toContain('atDesk wu@bank {"do":"say","uid":"u1","text":"请带身份证"}')
  })

  it('says what to do when there are no agents', async () => {
    const page = await show(ServicePanel, { appid: ACCOUNT.appid })
    expect(page.text()).toContain('这个公众号没有客服账号')
  })

  it('puts the agent’s name over what the agent wrote', async () => {
    const page = await show(PhoneFrame, { phone })
    desk.phones.enter(phone, ACCOUNT.appid)
    simulator.emit({ kind: 'item', appid: ACCOUNT.appid, uid: USER.id, item: simulator.item({ text: '请带身份证', agent: '吴柜员' }) })
    await flushPromises()
    expect(page.get('.agent').text()).toBe('吴柜员')
    expect(page.get('.hidden').text()).toBe('吴柜员：')
  })
})
