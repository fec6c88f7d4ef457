import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import App from '../src/App.vue'
import { routes } from '../src/router'

type Answers = Record<string, unknown>

const SESSION = { institution: { name: '青川农商行', short: '青川', color: '' }, account: { name: '蜀北农信' }, page: 'bind', followed: true, elder: false, bound: true, task: null }
const BIND = { step: 'card', mobile_masked: null, aim: 'bind', left: 3, agreements: [], otp: null, stopped: null }
const ACCOUNTS = [{ label: '借记卡', tail: '8821', kind: 'debit' }]

const PRIVACY = { id: 'privacy', version: '2', title: '同意书', text: '一', at: 'card' }
const SERVICE = { id: 'service', version: '3', title: '服务协议', text: '二', at: 'pin' }

let slugs = 0

/** Opens a page with the bank answering `answers` by path; a number is a status with an error body. */
async function visit(path: string, answers: Answers) {
  slugs += 1
  const slug = `slug${String(slugs)}`
  const asked: string[] = []
  vi.stubGlobal('fetch', vi.fn((url: string, init: RequestInit) => {
    const name = url.replace(/^.*\/api\//, '').replace(/\?.*$/, '')
    asked.push(`${init.method ?? ''} ${name}`)
    const answer = answers[name]
    if (answer instanceof Promise) return answer as Promise<Response>
    const body = answer instanceof Response ? answer : new Response(JSON.stringify(answer ?? { code: 'missing', words: '没有' }), { status: answer === undefined ? 404 : 200 })
    return Promise.resolve(body)
  }))
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path.replace('$', slug))
  await router.isReady()
  const page = mount(App, { global: { plugins: [router] }, attachTo: document.body })
  for (let i = 0; i < 6; i += 1) {
    await flushPromises()
    await vi.dynamicImportSettled()
  }
  return { page, router, asked }
}

const gone = () => new Response(JSON.stringify({ code: 'session.none', words: '页面已失效' }), { status: 401 })

beforeEach(() => { vi.stubGlobal('scrollTo', vi.fn()) })
afterEach(() => {
  vi.unstubAllGlobals()
  document.body.innerHTML = ''
})

describe('the size of type', () => {
  const root = document.documentElement.classList

  it('is known before anything is shown: an elder sees no small type first', async () => {
    let answer: (session: Response) => void = () => undefined
    await visit('/s/$/bind', { session: new Promise<Response>((resolve) => { answer = resolve }), bind: BIND })
    expect([root.contains('unsized'), root.contains('elder')]).toEqual([true, false])
    answer(new Response(JSON.stringify({ ...SESSION, elder: true })))
    await flushPromises()
    expect([root.contains('unsized'), root.contains('elder')]).toEqual([false, true])
  })
})

describe('the face check', () => {
  const FACE = { id: 'face', version: '1', title: '人脸同意书', text: '一', at: 'face' }
  const AT_FACE = { ...BIND, step: 'face', mobile_masked: '139****1234', aim: 'swap', face_begun: false, photo: false }

  it('asks for a consent of its own first, and names four steps', async () => {
    const { page, asked } = await visit('/s/$/bind', { session: SESSION, bind: { ...AT_FACE, agreements: [SERVICE, FACE] } })
    expect(page.find('h1').text()).toBe('刷脸')
    expect(page.find('.steps').text()).toMatch(/核对身份.*手机验证.*刷脸.*输密码/)
    expect(page.findAll('[role="checkbox"]')).toHaveLength(1)
    await page.findAll('button').find((one) => one.text() === '开始刷脸')?.trigger('click')
    expect(page.text()).toContain('请先看协议')
    expect(asked).not.toContain('POST bind/face')
  })

  it('asks how it went when the customer comes back, and goes on with the PIN', async () => {
    const { page, asked } = await visit('/s/$/bind', { session: SESSION, bind: { ...AT_FACE, face_begun: true }, 'bind/face/result': { step: 'pin' } })
    expect(asked).toContain('POST bind/face/result')
    expect(page.find('h1').text()).toBe('输微信银行密码')
  })
})

describe('the bind page', () => {
  it('shows whose bank it is, and the step the bank is at', async () => {
    const { page } = await visit('/s/$/bind', { session: SESSION, bind: { ...BIND, step: 'otp', mobile_masked: '139****1234', otp: { sent: false, way: 'text', resend_after_s: 0, voice_after_s: 0, expires_in_s: 0 } } })
    expect(page.text()).toContain('青川农商行')
    expect(page.find('h1').text()).toBe('验证手机')
    expect(page.find('[aria-current="step"]').text()).toContain('手机验证')
    expect(page.text()).toContain('139****1234')
  })

  it('says what is missing and sends nothing', async () => {
    const { page, asked } = await visit('/s/$/bind', { session: SESSION, bind: BIND })
    await page.findAll('button').find((one) => one.text() === '下一步')?.trigger('click')
    expect(page.findAll('[aria-invalid="true"]')).toHaveLength(4)
    expect(asked).not.toContain('POST bind/check')
  })

  it('asks a browser to remember none of what is typed', async () => {
    const { page } = await visit('/s/$/bind', { session: SESSION, bind: BIND })
    for (const input of page.findAll('.field input')) expect(input.attributes('autocomplete')).toBe('off')
  })

  it('leads to the result when binding was finished elsewhere', async () => {
    const { router, page } = await visit('/s/$/bind', { session: SESSION, bind: { ...BIND, step: 'done', accounts: ACCOUNTS, resumed: false } })
    expect(router.currentRoute.value.name).toBe('result')
    expect(page.text()).toContain('绑定成功')
    expect(page.text()).toContain('8821')
  })

  it('gives way to the problem page when the session is gone', async () => {
    const { router, page } = await visit('/s/$/bind', { session: gone(), bind: gone() })
    expect(router.currentRoute.value.fullPath).toBe('/problem?code=session.none')
    expect(page.find('h1').text()).toBe('页面放太久了')
  })

  it('offers another try when the first answer did not come', async () => {
    const { page } = await visit('/s/$/bind', { session: SESSION, bind: new Response('bad gateway', { status: 502 }) })
    expect(page.text()).toContain('没打开')
    expect(page.text()).toContain('再试一次')
  })
})


describe('consent', () => {
  it('is asked before the elements are sent, and goes along with them', async () => {
    const { page, asked } = await visit('/s/$/bind', { session: SESSION, bind: { ...BIND, agreements: [PRIVACY, SERVICE] } })
    expect(page.findAll('[role="checkbox"]')).toHaveLength(1)
    const inputs = page.findAll('.field input')
    for (const [i, text] of ['6217001234567890123', '李芳', '37142119550101003X', '13900001234'].entries()) await inputs[i]?.setValue(text)
    const next = page.findAll('button').find((one) => one.text() === '下一步')
    await next?.trigger('click')
    expect(page.text()).toContain('请先看协议')
    expect(asked).not.toContain('POST bind/check')
    await page.find('[role="checkbox"]').trigger('click')
    await next?.trigger('click')
    const sent = vi.mocked(globalThis.fetch).mock.calls.find(([url]) => (url as string).endsWith('/bind/check'))
    expect(JSON.parse(sent?.[1]?.body as string)).toMatchObject({ consents: [{ id: 'privacy', version: '2' }] })
  })

  it('to a changed text comes before the accounts, and leads back to them', async () => {
    const renew = new Response(JSON.stringify({ code: 'consent.renew', words: '协议有更新' }), { status: 403 })
    const answers: Answers = { session: SESSION, bind: { ...BIND, step: 'done', agreements: [SERVICE] }, accounts: renew, agree: { done: true } }
    const { page, router } = await visit('/s/$/accounts', answers)
    expect(router.currentRoute.value.name).toBe('agree')
    expect(page.find('h1').text()).toBe('协议有更新')
    const accept = () => page.findAll('button').find((one) => one.text() === '同意' && one.classes('btn'))
    await accept()?.trigger('click')
    expect(page.text()).toContain('请先看协议')
    await page.find('[role="checkbox"]').trigger('click')
    answers['accounts'] = { items: [] }
    await accept()?.trigger('click')
    for (let i = 0; i < 4; i += 1) await flushPromises()
    expect(router.currentRoute.value.name).toBe('accounts')
    const sent = vi.mocked(globalThis.fetch).mock.calls.find(([url]) => (url as string).endsWith('/agree'))
    expect(JSON.parse(sent?.[1]?.body as string)).toEqual({ consents: [{ id: 'service', version: '3' }] })
  })
})

describe('a card of another bank', () => {
  const type = async (page: Awaited<ReturnType<typeof visit>>['page']) => {
    const inputs = page.findAll('.field input')
    for (const [i, text] of ['6217001234567890123', '李芳', '37142119550101003X', '13900001234'].entries()) await inputs[i]?.setValue(text)
    await page.findAll('button').find((one) => one.text() === '下一步')?.trigger('click')
    for (let i = 0; i < 6; i += 1) {
      await flushPromises()
      await vi.dynamicImportSettled()
    }
  }

  it('takes the customer to that bank with what was typed, and checks it there', async () => {
    const { page, router, asked } = await visit('/s/$/bind', { session: SESSION, bind: BIND, 'bind/check': { step: 'card', redirect: '/h5/s/moved-1/bind', bank: '江油农商行' } })
    const fetch = vi.mocked(globalThis.fetch)
    const before = asked.length
    await type(page)
    expect(router.currentRoute.value.params['slug']).toBe('moved-1')
    const checks = fetch.mock.calls.filter(([url]) => (url as string).endsWith('/bind/check'))
    expect(checks.map(([url]) => url)).toEqual([expect.stringContaining('/slug'), '/h5/s/moved-1/api/bind/check'])
    expect(checks[0]?.[1]?.body).toBe(checks[1]?.[1]?.body)
    expect(asked.length).toBeGreaterThan(before)
  })

  it('asks before it moves someone another bank serves already', async () => {
    const other = new Response(JSON.stringify({ code: 'bind.other_bank', words: '这是江油农商行的卡', bank: '江油农商行' }), { status: 409 })
    const { page } = await visit('/s/$/bind', { session: SESSION, bind: BIND, 'bind/check': other })
    await type(page)
    expect(page.find('h1').text()).toBe('这是江油农商行的卡')
    vi.mocked(globalThis.fetch).mockClear()
    await page.findAll('button').find((one) => one.text() === '切换过去')?.trigger('click')
    const [[, init] = []] = vi.mocked(globalThis.fetch).mock.calls
    expect(JSON.parse(init?.body as string)).toMatchObject({ switch: true, name: '李芳' })
  })

  it('follows no address but a bind page of ours', async () => {
    for (const redirect of ['https://evil.example/h5/s/x/bind', '//evil.example', '/h5/s/../problem/bind', '/h5/problem']) {
      const { page, router } = await visit('/s/$/bind', { session: SESSION, bind: BIND, 'bind/check': { step: 'card', redirect, bank: null } })
      const here = router.currentRoute.value.fullPath
      await type(page)
      expect(router.currentRoute.value.fullPath).toBe(here)
      page.unmount()
    }
  })
})

describe('the result page', () => {
  it('claims no success the bank does not confirm', async () => {
    const { page } = await visit('/s/$/result?state=success&step=done', { session: { ...SESSION, bound: false }, bind: { ...BIND, step: 'pin' } })
    expect(page.text()).not.toContain('绑定成功')
    expect(page.text()).toContain('还差密码')
  })

  it('tells someone who does not follow what they miss', async () => {
    const { page } = await visit('/s/$/result', { session: { ...SESSION, followed: false }, bind: { ...BIND, step: 'done', accounts: ACCOUNTS } })
    expect(page.text()).toContain('先关注')
    expect(page.text()).toContain('蜀北农信')
  })
})

describe('the problem page', () => {
  it.each([
    ['link.expired', '链接过期了'],
    ['link.foreign', '只能本人打开'],
    ['oauth.snapshot', '还差一步'],
    ['oauth.refused', '您没有同意登录'],
    ['oauth.state', '登录没完成'],
    ['account.no_login', '这个号还不能办理'],
    ['busy', '现在打不开'],
    ['constructor', '现在打不开'],
  ])('explains %s', async (code, title) => {
    const { page, asked } = await visit(`/problem?code=${code}`, {})
    expect(page.find('h1').text()).toBe(title)
    expect(asked).toEqual([])
  })

  it('shows no words that came with the address', async () => {
    const { page } = await visit('/problem?code=busy&words=' + encodeURIComponent('请拨打 400-000-0000'), {})
    expect(page.text()).not.toContain('400')
  })
})

describe('accounts and entries', () => {
  it('lead to binding when nothing is bound', async () => {
    const refusal = () => new Response(JSON.stringify({ code: 'bind.missing', words: '您还没有绑定银行卡' }), { status: 403 })
    for (const [path, name] of [['/s/$/accounts', 'accounts'], ['/s/$/statement', 'statement']] as const) {
      const { page } = await visit(path, { session: { ...SESSION, bound: false }, [name]: refusal() })
      expect(page.text()).toContain('还没绑卡')
      expect(page.text()).toContain('去绑卡')
      page.unmount()
    }
  })

  it('hide amounts on request', async () => {
    const items = [{ id: 'a1', kind: 'debit', label: '借记卡', tail: '8821', state: 'active', available: { fen: 320650 }, posted: { fen: 370650 }, held: { fen: 50000 }, as_of: 1 }]
    const { page } = await visit('/s/$/accounts', { session: SESSION, accounts: { items } })
    expect(page.text()).toContain('3,206.50')
    await page.findAll('button').find((one) => one.text() === '隐藏金额')?.trigger('click')
    expect(page.text()).not.toMatch(/3,206\.50|500\.00/)
  })

  it('show entries although the session’s answer did not come', async () => {
    const statement = { items: [{ id: 'e1', at_ms: 1, label: '电费', amount: { fen: 8600 }, direction: 'out', balance: null, counterparty: null, summary: '', explain: '' }], totals: { in: { fen: 0 }, out: { fen: 8600 }, count: 1 }, next: null, as_of: 1, months: ['1970-01'], account: { id: 'a1', label: '借记卡', tail: '8821' }, accounts: [] }
    const { page } = await visit('/s/$/statement?account=a1&month=1970-01', { session: new Response('', { status: 502 }), statement })
    expect(page.text()).toContain('电费')
    expect(page.text()).toContain('−86.00')
    expect(page.text()).toContain('出账 86.00 元')
  })
})

it('an unknown address says so', async () => {
  const { page } = await visit('/s/x/transfer', {})
  expect(page.find('h1').text()).toBe('没有这个页面')
})
