import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import App from '../src/App.vue'
import { anglesOf, picture, spoken, type Receipt } from '../src/paper/draw'
import { routes } from '../src/router'

const SESSION = { institution: { name: '青川农商行', short: '青川', color: '' }, account: { name: '蜀北农信' }, page: 'pay', followed: true, elder: false, bound: true, task: null }
const FACTS = [{ name: '金额（元）', value: '500.00' }, { name: '金额大写', value: '伍佰元整' }, { name: '对方', value: '*强 6688' }]
const FILE = { id: 'stm_1', account: '借记卡 尾号8821', paper: 'receipt', from: '2026-11-23', to: '2026-11-23', purpose: null, english: false, url: '/h5/s/x/api/stamped/file/stm_1', ends_at_ms: Date.UTC(2026, 10, 25), check_code: 'abc', copy: 2 }
const MARK = { url: 'https://wx.qingchuan.example/v/abc', rows: ['101', '010', '111'] }
const RECEIPT: Receipt = { bank: '青川农商行', title: '电子回单', facts: FACTS, copy: 2, mark: MARK }

/** A canvas that keeps what is written on it. */
function canvas() {
  const written: string[] = []
  let boxes = 0
  const pen = new Proxy({ measureText: () => ({ width: 1 }), fillText: (text: string) => written.push(text), fillRect: () => { boxes += 1 } } as Record<string, unknown>, {
    get: (known, name: string) => known[name] ?? (() => undefined),
    set: () => true,
  })
  const made = { width: 0, height: 0, getContext: () => pen, toDataURL: () => 'data:image/png;base64,x' }
  return { made: made as unknown as HTMLCanvasElement, written, boxes: () => boxes }
}

describe('the picture of a receipt', () => {
  it('bears every fact, the seal’s letters, and that it is a copy', () => {
    const { made, written } = canvas()
    expect(picture(RECEIPT, made)).toBe('data:image/png;base64,x')
    for (const { name, value } of FACTS) expect(written).toEqual(expect.arrayContaining([name, value]))
    expect(written).toEqual(expect.arrayContaining(['青', '川', '电子业务专用章', '扫码核对真伪']))
    expect(written.some((text) => text.startsWith('第 2 次生成（补打）'))).toBe(true)
  })

  it('draws the square code dot by dot', () => {
    const [with_, without] = [canvas(), canvas()]
    picture(RECEIPT, with_.made)
    picture({ ...RECEIPT, mark: { ...MARK, rows: [] } }, without.made)
    expect(with_.boxes() - without.boxes()).toBe(6)
  })

  it('puts the name round the seal, as far to the left as to the right', () => {
    const angles = anglesOf('青川农商行')
    expect(angles).toHaveLength(5)
    expect(angles[0]).toBeCloseTo(-(angles[4] ?? 0))
    expect(angles[2]).toBeCloseTo(0)
  })

  it('can be heard', () => {
    expect(spoken(RECEIPT)).toBe('青川农商行电子回单：金额（元） 500.00，金额大写 伍佰元整，对方 *强 6688。')
  })
})

describe('the receipt of a payment', () => {
  const asked: string[] = []

  async function visit(file: unknown) {
    vi.stubGlobal('fetch', vi.fn((url: string) => {
      const name = url.replace(/^.*\/api\//, '')
      asked.push(name)
      const answers: Record<string, unknown> = {
        session: SESSION,
        'pay/receipt': { account: 'a', paper: 'receipt', entry: 'e', facts: FACTS, file, mobile_masked: '139****1234' },
        'stamped/mark?id=stm_1': MARK,
      }
      const answer = answers[name]
      return Promise.resolve(new Response(JSON.stringify(answer ?? { code: 'missing', words: '没有' }), { status: answer === undefined ? 404 : 200 }))
    }))
    const router = createRouter({ history: createMemoryHistory(), routes })
    await router.push('/s/paper1/receipt')
    await router.isReady()
    const page = mount(App, { global: { plugins: [router] }, attachTo: document.body })
    for (let i = 0; i < 6; i += 1) {
      await flushPromises()
      await vi.dynamicImportSettled()
    }
    return page
  }

  beforeEach(() => { vi.stubGlobal('scrollTo', vi.fn()) })
  afterEach(() => {
    vi.unstubAllGlobals()
    document.body.innerHTML = ''
    asked.length = 0
  })

  it('shows what will stand on it before anything is made', async () => {
    const page = await visit(null)
    expect(page.text()).toContain('伍佰元整')
    expect(page.findAll('button').map((one) => one.text())).toContain('获取电子回单')
    expect(asked).not.toContain('stamped/paper')
  })

  it('opens the file that is made, and asks for its square code', async () => {
    const page = await visit(FILE)
    expect(page.find('a.btn-primary').attributes('href')).toBe(FILE.url)
    expect(asked).toContain('stamped/mark?id=stm_1')
  })
})
