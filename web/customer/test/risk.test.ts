import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import App from '../src/App.vue'
import { routes } from '../src/router'

const SESSION = { who: 'w', institution: { name: '青川农商行', short: '青川', color: '', phone: '0990-1' }, account: { name: '蜀北农信' }, page: 'risk', followed: true, elder: false, reads: false, reads_slowly: false, bound: true, task: { kind: 'wealth_risk', title: '风险测评', with: {} } }
const QUESTIONS = [{ words: '您多大年纪？', answers: ['65岁或以上', '18到30岁'] }, { words: '这笔钱多久不用？', answers: ['随时要用', '两年以上'] }]
const LAST = { title: 'C2 稳健型', words: '您愿意为多一点收益承担很小的波动', range: 'R1到R2', until: '2027年11月27日', is_good: true }

let slugs = 0

async function settle(): Promise<void> {
  for (let i = 0; i < 6; i += 1) {
    await flushPromises()
    await vi.dynamicImportSettled()
  }
}

async function visit(risk: unknown) {
  slugs += 1
  const sent: string[] = []
  vi.stubGlobal('fetch', vi.fn((url: string, init: RequestInit) => {
    const name = url.replace(/^.*\/api\//, '')
    if (init.method === 'POST') sent.push(name)
    const answer = new Map<string, unknown>([['session', SESSION], ['risk', risk]]).get(name)
    return Promise.resolve(new Response(JSON.stringify(answer ?? { code: 'missing', words: '没有' }), { status: answer === undefined ? 404 : 200 }))
  }))
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(`/s/risk${String(slugs)}/risk`)
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

describe('the risk assessment', () => {
  it('asks one question at a time, goes back to one, and sends nothing before the password', async () => {
    const { page, sent, tap } = await visit({ questions: QUESTIONS, last: null, left: 2 })
    await tap('开始答题')
    expect(page.text()).toContain('第 1 题，共 2 题')
    await tap('18到30岁')
    expect(page.text()).toContain('这笔钱多久不用？')
    await tap('上一题')
    expect(page.find('[aria-pressed="true"]').text()).toBe('18到30岁')
    await tap('65岁或以上')
    await tap('两年以上')
    expect(page.text()).toContain('输微信银行密码')
    expect(sent).toEqual([])
  })

  it('shows how it stands, and offers no more today when the day is used up', async () => {
    const { page } = await visit({ questions: QUESTIONS, last: { ...LAST, is_good: false }, left: 0 })
    expect(page.text()).toMatch(/C2 稳健型.*R1到R2 的产品.*已过期.*今天不能再测了/s)
    expect(page.findAll('button').map((one) => one.text())).not.toContain('重新测一次')
  })
})
