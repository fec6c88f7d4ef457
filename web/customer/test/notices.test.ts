import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import App from '../src/App.vue'
import { routes } from '../src/router'

const SESSION = { who: 'w', institution: { name: '青川农商行', short: '青川', color: '', phone: '0990-1' }, account: { name: '蜀北农信' }, page: 'notices', followed: true, elder: false, reads: false, reads_slowly: false, bound: true, task: { kind: 'notify_prefs', title: '通知设置', with: {} } }
const ACCOUNT = { id: 'a1', name: '借记卡8821', category: 'account', is_on: true, sides: 'both', least_fen: 0, has_balance: false, digest: 'each' }
const STATE = { accounts: [ACCOUNT], ways: ['account', 'credit', 'due', 'progress'].map((category) => ({ category, wechat: true, sms: null })), quiet: null, paused_until_ms: null }

let slugs = 0

async function settle(): Promise<void> {
  for (let i = 0; i < 6; i += 1) {
    await flushPromises()
    await vi.dynamicImportSettled()
  }
}

/** A server that says `answer` to every change. */
async function visit(answer: unknown, status = 200) {
  slugs += 1
  const sent: unknown[] = []
  vi.stubGlobal('fetch', vi.fn((url: string, init: RequestInit) => {
    const name = url.replace(/^.*\/api\//, '')
    if (name === 'notices/set') {
      sent.push(JSON.parse(String(init.body)))
      return Promise.resolve(new Response(JSON.stringify(answer), { status }))
    }
    const told = new Map<string, unknown>([['session', SESSION], ['notices', STATE]]).get(name)
    return Promise.resolve(new Response(JSON.stringify(told ?? { code: 'missing', words: '没有' }), { status: told === undefined ? 404 : 200 }))
  }))
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(`/s/notices${String(slugs)}/notices`)
  await router.isReady()
  const page = mount(App, { global: { plugins: [router] }, attachTo: document.body })
  await settle()
  const flip = async (label: string) => {
    const found = page.findAll('[role="switch"]').find((one) => one.text().startsWith(label))
    if (!found) throw new Error(`no switch ${label} in ${page.text()}`)
    await found.trigger('click')
    await settle()
    return found
  }
  const choose = async (at: number, value: string) => {
    await page.findAll('select')[at]?.setValue(value)
    await settle()
  }
  return { page, sent, flip, choose }
}

beforeEach(() => { vi.stubGlobal('scrollTo', vi.fn()) })
afterEach(() => {
  vi.unstubAllGlobals()
  document.body.innerHTML = ''
})

describe('what I am told of', () => {
  it('changes an account at once and shows what the bank says of it then', async () => {
    const { page, sent, flip } = await visit({ ...STATE, accounts: [{ ...ACCOUNT, is_on: false }] })
    const flipped = await flip('借记卡8821')
    expect(sent).toEqual([{ accounts: [{ id: 'a1', is_on: false }] }])
    expect(flipped.attributes('aria-checked')).toBe('false')
    expect(page.get('[role="status"]').text()).toBe('借记卡8821改好了')
    expect(page.text()).not.toContain('多少钱起')
  })

  it('sends the side, the sum and the way that were chosen, and offers ways of what there is only', async () => {
    const { page, sent, choose } = await visit(STATE)
    await choose(0, 'out')
    await choose(1, '50000')
    await choose(2, 'hour')
    await choose(3, 'sms')
    expect(sent).toEqual([
      { accounts: [{ id: 'a1', sides: 'out' }] },
      { accounts: [{ id: 'a1', least_fen: 50000 }] },
      { accounts: [{ id: 'a1', digest: 'hour' }] },
      { ways: [{ category: 'account', wechat: false, sms: true }] },
    ])
    expect(page.text()).not.toContain('信用卡交易')
  })

  it('offers what is due and how things go on with what they are, in WeChat unless a text message is chosen', async () => {
    const { page, sent, choose } = await visit(STATE)
    expect(page.text()).toContain('还款和到期')
    expect(page.text()).toContain('存款快到期')
    expect(page.findAll('select')[4]?.findAll('option').map((o) => o.text())).toEqual(['只发微信', '发微信，没送到再发短信', '只发短信', '都不发'])
    expect((page.findAll('select')[4]?.element as HTMLSelectElement).value).toBe('wechat')
    await choose(5, 'none')
    expect(sent).toEqual([{ ways: [{ category: 'progress', wechat: false, sms: false }] }])
    expect(page.text()).toContain('别人动您的账户，您靠它知道')
  })

  it('begins quiet hours with the night, and says that money going out does not wait', async () => {
    const night = { from_minute: 1320, to_minute: 420 }
    const { page, sent, flip, choose } = await visit({ ...STATE, quiet: night })
    await flip('夜里不响')
    await choose(6, '23')
    expect(sent).toEqual([{ quiet: { hours: night } }, { quiet: { hours: { from_minute: 1380, to_minute: 420 } } }])
    expect(page.text()).toContain('钱出去不等天亮')
  })

  it('rests for some days and says until when, and that due days are told all the same', async () => {
    const { page, sent, choose } = await visit({ ...STATE, paused_until_ms: Date.UTC(2030, 0, 4, 16) })
    await choose(6, '3')
    expect(sent).toEqual([{ pause_days: 3 }])
    expect(page.text()).toContain('2030年1月5日起照常')
    expect(page.text()).toContain('还款到期照样说')
    await choose(6, '0')
    expect(sent).toEqual([{ pause_days: 3 }, { pause_days: 0 }])
  })

  it('says that nothing was changed when the bank says no, and stays as it was', async () => {
    const { page, flip } = await visit({ code: 'notice.no_sms', words: '本行不发这种短信' }, 409)
    const flipped = await flip('带上余额')
    expect(page.text()).toContain('没有改。本行不发这种短信')
    expect(flipped.attributes('aria-checked')).toBe('false')
  })
})
