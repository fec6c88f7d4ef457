import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import App from '../src/App.vue'
import { bare, unfinished } from '../src/bind/masks'
import { routes } from '../src/router'
import { yuanToFen } from '../src/setting/sums'

const SESSION = { who: 'w', institution: { name: '青川农商行', short: '青川', color: '', phone: '0990-1' }, account: { name: '蜀北农信' }, page: 'setting', followed: true, elder: false, reads: false, reads_slowly: false, bound: true, task: { kind: 'channel_open', title: '交易锁', with: {} } }
const ROW = { title: '网上付款', words: '能用', lock: null, no_pass: null, by_mobile: null, agreement: null, limit: null }
const LOCKED = { ...ROW, words: '锁着，全天', lock: { on: 'online', is_locked: true, from: 0, to: 0 } }
const OPEN = { ...ROW, title: '境外用卡', lock: { on: 'abroad', is_locked: false, from: 22, to: 7 } }
const SETTING = { what: 'locks', account: 'a1', accounts: [{ id: 'a1', name: '借记卡8821' }], rows: [LOCKED, OPEN], mobile_masked: '139****1234' }

let slugs = 0

async function settle(): Promise<void> {
  for (let i = 0; i < 6; i += 1) {
    await flushPromises()
    await vi.dynamicImportSettled()
  }
}

/** Opens a page with the bank answering by path; keeps what was sent. */
async function visit(path: string, answers: Record<string, unknown>) {
  slugs += 1
  const sent: [string, unknown][] = []
  vi.stubGlobal('fetch', vi.fn((url: string, init: RequestInit) => {
    const name = url.replace(/^.*\/api\//, '').replace(/\?.*$/, '')
    if (init.method === 'POST') sent.push([name, JSON.parse(String(init.body))])
    const answer = answers[name]
    return Promise.resolve(new Response(JSON.stringify(answer ?? { code: 'missing', words: '没有' }), { status: answer === undefined ? 404 : 200 }))
  }))
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path.replace('$', `set${String(slugs)}`))
  await router.isReady()
  const page = mount(App, { global: { plugins: [router] }, attachTo: document.body })
  await settle()
  const tap = async (words: string) => {
    const button = page.findAll('button').find((one) => one.text() === words)
    if (!button) throw new Error(`no button ${words} in ${page.text()}`)
    await button.trigger('click')
    await settle()
  }
  return { page, sent, tap }
}

beforeEach(() => { vi.stubGlobal('scrollTo', vi.fn()) })
afterEach(() => {
  vi.unstubAllGlobals()
  document.body.innerHTML = ''
})

describe('an amount as people type it', () => {
  it.each([['2000', 200_000], ['2,000.5', 200_050], ['２０００元', 200_000], ['0.29', 29], ['1.10', 110]])('%s is exact', (text, fen) => {
    expect(yuanToFen(text)).toBe(fen)
  })
  it.each(['', '0', '-5', '1e3', '1.234', '几百', '.5'])('«%s» is none', (text) => { expect(yuanToFen(text)).toBeNull() })
})

describe('the ends of numbers', () => {
  it('keep an X in the last place of a document only', () => {
    expect([bare('id_end', '12345x'), bare('id_end', 'x12345'), bare('tail', '88x21')]).toEqual(['12345X', '12345', '8821'])
    expect([unfinished('id_end', '12345'), unfinished('tail', '8821')]).toEqual(['请填身份证最后 6 位', null])
  })
})

describe('locks', () => {
  it('are set at once, without a password', async () => {
    const done = { done: true, words: '借记卡8821：境外用卡锁住了（全天）。', lines: [] }
    const { page, sent, tap } = await visit('/s/$/setting', { session: SESSION, setting: SETTING, 'setting/look': { needs: 'nothing', changes: [], after_hours: 0 }, 'setting/do': done })
    await tap('锁上境外用卡')
    const ask = { account: 'a1', wish: { set: 'lock', on: 'abroad', from: 0, to: 0 } }
    expect(sent).toEqual([['setting/look', ask], ['setting/do', { ask }]])
    expect(page.text()).toContain('境外用卡锁住了')
  })

  it('show how it is and will be before the password opens one', async () => {
    const look = { needs: 'pin', changes: [{ title: '网上付款', old: '锁住（全天）', new: '能用' }], after_hours: 0 }
    const { page, sent, tap } = await visit('/s/$/setting', { session: SESSION, setting: SETTING, 'setting/look': look })
    await tap('打开网上付款')
    expect(page.text()).toMatch(/看清楚再改.*锁住（全天）.*能用.*马上生效/s)
    await tap('没错，下一步')
    expect(page.text()).toContain('输微信银行密码')
    expect(sent.map(([name]) => name)).toEqual(['setting/look'])
  })
})

describe('a page that is read aloud', () => {
  it('offers it to whom it was promised, starts and stops', async () => {
    const spoken: { text: string; rate: number }[] = []
    const cancel = vi.fn()
    vi.stubGlobal('speechSynthesis', { speak: (one: { text: string; rate: number }) => { spoken.push(one) }, cancel })
    vi.stubGlobal('SpeechSynthesisUtterance', class { rate = 1; lang = ''; constructor(readonly text: string) {} })
    const { page, tap } = await visit('/s/$/setting', { session: { ...SESSION, reads: true, reads_slowly: true }, setting: SETTING })
    await tap('念给我听')
    expect(spoken).toHaveLength(1)
    expect(spoken[0]?.text).toContain('网上付款。锁着，全天')
    expect(spoken[0]?.text).not.toContain('念给我听')
    expect(spoken[0]?.rate).toBe(0.7)
    await tap('停下')
    expect(cancel).toHaveBeenCalled()
    expect(page.text()).toContain('念给我听')
  })

  it('offers nothing to who never asked', async () => {
    const { page } = await visit('/s/$/setting', { session: SESSION, setting: SETTING })
    expect(page.text()).not.toContain('念给我听')
  })
})

describe('a locked password', () => {
  it('says until when and takes the code of a branch', async () => {
    const state = { what: 'unlock', step: 'choose', is_set: true, locked_until_ms: Date.UTC(2026, 10, 23, 16), face: false, face_begun: false, agreements: [], mobile_masked: '' }
    const { page, sent, tap } = await visit('/s/$/pin', { session: SESSION, 'wx-pin': state, 'wx-pin/branch': { step: 'ready' }, 'wx-pin/unlock': { words: '解开了，用原来的密码就行。' } })
    expect(page.text()).toContain('锁到2026年11月24日 00:00')
    await page.find('input').setValue('123456')
    await settle()
    if (!sent.some(([name]) => name === 'wx-pin/branch')) await tap('用解锁码解锁')
    expect(sent.map(([name]) => name)).toEqual(['wx-pin/branch', 'wx-pin/unlock'])
    expect(page.text()).toContain('解开了')
  })
})
