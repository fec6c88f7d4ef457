import { flushPromises, mount } from '@vue/test-utils'
import { sm2 } from 'sm-crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import App from '../src/App.vue'
import { routes } from '../src/router'

const SESSION = { who: 'w', institution: { name: '青川农商行', short: '青川', color: '', phone: '0990-1' }, account: { name: '蜀北农信' }, page: 'pay', followed: true, elder: false, reads: false, reads_slowly: false, bound: true, task: null }
const CARD = { intent: 'i1', title: '转账', deed: '转', is_own: false, payee_name: '李四', payee_bank: '建设银行', payee_tail: '0098', is_new_payee: false, new_phone: false, amount: { fen: 50_000 }, amount_words: '伍佰元整', fee: { fen: 0 }, arrival: '马上到', is_later: false, is_limit: false, payer: '借记卡8821', available: { fen: 320_650 }, purpose: '生活费', factors: 'pin', mobile_masked: '139****1234', again: false, warning: '', notes: [], speed: null }
const DONE = { state: 'done', money: 'moved', title: '✔ 已转出', deed: '转', words: '李四马上能收到', serial: '8F21', payee_name: '李四', payee_bank: '建设银行', payee_tail: '0098', amount: { fen: 50_000 }, amount_words: '伍佰元整', fee: { fen: 0 }, payer: '借记卡8821', at: '09:31', available: { fen: 270_650 }, receipt: true }
const confirm = (part: object = {}) => ({ step: 'confirm', payee: null, card: { ...CARD, ...part }, result: null })
const ended = (part: object = {}) => ({ step: 'result', payee: null, card: null, result: { ...DONE, ...part } })
const KEY = { key_id: 'k', public_key: sm2.generateKeyPairHex().publicKey, nonce: 'n', openid_hash: 'h', layout: [7, 2, 9, 0, 4, 1, 8, 5, 3, 6], expires_in_s: 180, now_ms: 1 }

let slugs = 0

async function settle(): Promise<void> {
  for (let i = 0; i < 6; i += 1) {
    await flushPromises()
    await vi.dynamicImportSettled()
  }
}

/** Opens the page with the bank answering by path; a code among the answers is a refusal. Keeps what was sent. */
async function visit(answers: Record<string, unknown>) {
  slugs += 1
  const sent: [string, unknown][] = []
  vi.stubGlobal('fetch', vi.fn((url: string, init: RequestInit) => {
    const name = url.replace(/^.*\/api\//, '').replace(/\?.*$/, '')
    if (init.method === 'POST') sent.push([name, JSON.parse(String(init.body))])
    const answer: unknown = { session: SESSION, 'pin/key': KEY, ...answers }[name]
    const refused = answer === undefined || (typeof answer === 'object' && answer !== null && 'code' in answer)
    return Promise.resolve(new Response(JSON.stringify(answer ?? { code: 'missing', words: '没有' }), { status: refused ? 409 : 200 }))
  }))
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(`/s/pay${String(slugs)}/pay`)
  await router.isReady()
  const page = mount(App, { global: { plugins: [router] }, attachTo: document.body })
  await settle()
  const tap = async (words: string) => {
    const button = page.findAll('button').find((one) => one.text() === words)
    if (!button) throw new Error(`no button ${words} in ${page.text()}`)
    await button.trigger('click')
    await settle()
  }
  const field = (label: string) => page.find<HTMLInputElement>(`#${page.findAll('label').find((one) => one.text() === label)?.attributes('for') ?? ''}`)
  return { page, router, sent, tap, field }
}

beforeEach(() => { vi.stubGlobal('scrollTo', vi.fn()) })
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  document.body.innerHTML = ''
})

describe('the payment before it is made', () => {
  it('is shown with its amount in digits and words, to whom, from where and what it costs', async () => {
    const { page } = await visit({ pay: confirm() })
    const text = page.find('.recap').text().replace(/\u00a0/g, ' ')
    for (const words of ['500.00 元', '伍佰元整', '李四', '建设银行', '尾号 0098', '借记卡8821', '不收', '马上到', '生活费']) expect(text).toContain(words)
    expect(text).not.toContain('第一次')
    expect(page.findAll('[role="checkbox"]')).toHaveLength(0)
  })

  it('of what is paid later says when', async () => {
    const { page } = await visit({ pay: confirm({ title: '预约转账', is_later: true, arrival: '每月5日 09:00 转出，第一次 12月5日' }) })
    const text = page.find('.recap').text()
    for (const words of ['预约转账', '什么时候', '每月5日 09:00 转出，第一次 12月5日']) expect(text).toContain(words)
    expect(text).not.toContain('到账')
  })

  it('to somebody new waits for tomorrow unless 马上到 is chosen, and only the bank changes it', async () => {
    const later = { title: '预约转账', is_later: true, is_new_payee: true, arrival: '11月26日 09:00 转出', speed: 'tomorrow' }
    const { page, sent } = await visit({ pay: confirm(later), 'pay/when': confirm({ intent: 'i2', is_new_payee: true, speed: 'at_once' }) })
    const ways = () => page.findAll<HTMLInputElement>('.speed input')
    expect(page.find('.speed').text()).toMatch(/什么时候到.*建议明天转.*马上到.*不能撤销.*11月26日 09:00 转出.*可以撤销/s)
    expect(ways().map((one) => one.element.checked)).toEqual([false, true])
    await ways()[0]?.setValue(true)
    await settle()
    expect(sent).toEqual([['pay/when', { intent: 'i1', speed: 'at_once' }]])
    expect(ways().map((one) => one.element.checked)).toEqual([true, false])
    expect(page.find('h1').text()).toContain('转账：看清楚再点')
  })

  it('stays as it was when the bank does not take the choice', async () => {
    const { page } = await visit({ pay: confirm({ speed: 'at_once' }), 'pay/when': { code: 'balance.short', words: '没有扣钱：余额不够' } })
    const ways = () => page.findAll<HTMLInputElement>('.speed input')
    await ways()[1]?.setValue(true)
    await settle()
    expect(page.text()).toContain('余额不够')
    expect(ways().map((one) => one.element.checked)).toEqual([true, false])
  })

  it('of a bill shows the household, its biller, what for, and by when it is known', async () => {
    const bill = { title: '缴费', deed: '交', payee_name: '老屋 *芳', payee_bank: '陵溪县供电公司', payee_tail: '0231', purpose: '电费', arrival: '最晚 10:30 给您结果；不成功自动退回' }
    const { page, tap } = await visit({ pay: confirm(bill) })
    const text = page.find('.recap').text().replace(/\u00a0/g, ' ')
    for (const words of ['缴费', '给哪一户', '老屋 *芳', '陵溪县供电公司', '尾号 0231', '电费', '结果', '最晚 10:30 给您结果；不成功自动退回']) expect(text).toContain(words)
    expect(page.text()).toContain('有人打电话、发消息让您交的吗？')
    await tap('没有，是我自己要交')
    expect(page.find('h1').text()).toBe('输微信银行密码')
    expect(page.text().replace(/\u00a0/g, ' ')).toContain('给老屋 *芳交电费 500.00 元')
  })

  it('of a wealth product shows what the bank must say of it, and wants the warning ticked', async () => {
    const wealth = { title: '买理财', deed: '买', is_own: true, payee_name: '稳享1号', payee_bank: '', payee_tail: '', arrival: '11月26日确认份额并起息', factors: 'code_and_pin', warning: '业绩比较基准不是承诺收益', notes: ['风险等级 R2 中低风险', '理财非存款，产品有风险，投资须谨慎'] }
    const { page, tap } = await visit({ pay: confirm(wealth) })
    expect(page.find('.recap').text()).toMatch(/买哪一款.*稳享1号.*确认.*11月26日/s)
    expect(page.find('.recap-notes').text()).toMatch(/产品说明.*R2 中低风险.*理财非存款/s)
    await tap('没错，下一步')
    expect(page.text()).toContain('我看清了，还是要买')
    expect(page.text()).not.toContain('手机验证码')
  })

  it('goes on to the PIN with an answer to the question about swindlers, and is sent with how long it was seen', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000)
    const { page, sent, tap } = await visit({ pay: confirm(), 'pay/do': DONE })
    now.mockReturnValue(5_200)
    await tap('没有，是我自己要转')
    expect(page.find('h1').text()).toBe('输微信银行密码')
    for (const digit of '936274') await page.findAll('.keypad-key').find((one) => one.text() === digit)?.trigger('click')
    await new Promise((done) => setTimeout(done, 200))
    await settle()
    expect(page.text().replace(/\u00a0/g, ' ')).toContain('转给李四 500.00 元')
    await tap('确认转 500.00 元')
    expect(sent).toEqual([['pay/do', { intent: 'i1', pin: { key_id: 'k', cipher: expect.any(String) }, sure: false, shown_ms: 4_200 }]])
    expect(page.find('h1').text()).toBe('已转出')
    now.mockRestore()
  })

  it('wants what stands beside it ticked first, one after the other', async () => {
    const { page, tap } = await visit({ pay: confirm({ again: true, warning: '第一次给这个人转大额', is_new_payee: true }) })
    const boxes = () => page.findAll('[role="checkbox"]')
    expect(boxes().map((one) => one.text())).toEqual(['我看清了，还是要转', '我知道刚转过，再转一笔'])
    await tap('没有，是我自己要转')
    expect(page.findAll('.tick-wrong')).toHaveLength(2)
    expect(document.activeElement).toBe(boxes()[0]?.element)
    await boxes()[0]?.trigger('click')
    await tap('没有，是我自己要转')
    expect(document.activeElement).toBe(boxes()[1]?.element)
    await boxes()[1]?.trigger('click')
    await tap('没有，是我自己要转')
    expect(page.find('h1').text()).toBe('输微信银行密码')
  })

  it('says why one more code is asked on a phone that never paid, and nothing of it on a known one', async () => {
    const { page } = await visit({ pay: confirm({ factors: 'code_and_pin', new_phone: true }) })
    expect(page.text()).toContain('这部手机第一次付钱，这次多验一个短信验证码')
    const known = await visit({ pay: confirm({ factors: 'code_and_pin' }) })
    expect(known.page.text()).not.toContain('这部手机')
  })

  it('stops for whom somebody told to pay, and ends without a password', async () => {
    const { page, sent, tap } = await visit({ pay: confirm(), 'pay/cancel': { ...DONE, state: 'ended', money: 'untouched', title: '没有扣钱', words: '这笔不转了', receipt: false } })
    await tap('有人让我转')
    expect(page.find('h1').text()).toBe('先别转')
    expect(page.text()).toContain('公安、银行不会让您转钱到「安全账户」。没有扣钱。')
    expect(page.find('a[href="tel:96110"]').exists()).toBe(true)
    await tap('叫人帮忙')
    expect(document.body.textContent).toContain('发「人工」两个字')
    await tap('不转了')
    expect(sent).toEqual([['pay/cancel', {}]])
    expect(page.find('h1').text()).toBe('没有扣钱')
  })

  it('that changed meanwhile says so and leads back to the chat', async () => {
    const { page } = await visit({ pay: { code: 'pay.changed', words: '金额改过了，请用新的' } })
    expect([page.find('h1').text(), page.find('.btn-primary').text()]).toEqual(['没有扣钱', '返回聊天'])
    expect(page.text()).toContain('金额改过了，请用新的')
  })
})

describe('a new payee', () => {
  const asked = { step: 'payee', payee: { name: '王小明', bank: '', amount: { fen: 50_000 } }, card: null, result: null }

  it('has the number typed twice, not pasted', async () => {
    const { page, sent, tap, field } = await visit({ pay: asked, 'pay/payee': confirm({ is_new_payee: true }) })
    expect(page.find('h1').text()).toBe('转 500.00 元给谁')
    expect(field('收款人姓名').element.value).toBe('王小明')
    await field('收款卡号或账号').setValue('6217000012345678')
    expect(field('收款卡号或账号').element.value).toBe('6217 0000 1234 5678')
    const paste = new Event('paste', { cancelable: true })
    field('卡号再填一遍').element.dispatchEvent(paste)
    await settle()
    expect(paste.defaultPrevented).toBe(true)
    expect(page.text()).toContain('这里不能粘贴')
    const other = new Event('paste', { cancelable: true })
    field('收款卡号或账号').element.dispatchEvent(other)
    expect(other.defaultPrevented).toBe(false)
    await field('卡号再填一遍').setValue('6217000012345679')
    await tap('下一步')
    expect(page.text()).toContain('两次填的不一样')
    expect(sent).toEqual([])
    await field('卡号再填一遍').setValue('6217000012345678')
    await tap('下一步')
    expect(sent).toEqual([['pay/payee', { name: '王小明', number: '6217000012345678', number_again: '6217000012345678', bank_no: '' }]])
    expect(page.text()).toContain('第一次转给这个人')
  })

  it('keeps what was typed while the bank is asked for', async () => {
    const answers: Record<string, unknown> = { pay: asked, 'pay/payee': { code: 'payee.bank_unknown', words: '看不出是哪家银行，请选一下' }, 'pay/banks': { items: [{ bank_no: '105', name: '中国建设银行' }] } }
    const { page, sent, tap, field } = await visit(answers)
    await field('收款卡号或账号').setValue('6217000012345678')
    await field('卡号再填一遍').setValue('6217000012345678')
    await tap('下一步')
    expect(page.text()).toContain('看不出是哪家银行')
    expect(field('收款卡号或账号').element.value).toBe('6217 0000 1234 5678')
    await field('收款银行').setValue('建设')
    await field('收款银行').trigger('keydown.enter')
    await settle()
    await tap('中国建设银行')
    expect(page.text()).not.toContain('看不出是哪家银行')
    await tap('下一步')
    expect(sent.at(-1)).toEqual(['pay/payee', { name: '王小明', number: '6217000012345678', number_again: '6217000012345678', bank_no: '105' }])
  })
})

describe('what became of a payment', () => {
  it('is shown whenever the page is opened again', async () => {
    const { page } = await visit({ pay: ended() })
    expect(page.find('[aria-live="polite"] h1').text()).toBe('已转出')
    const text = page.text().replace(/\u00a0/g, ' ')
    for (const words of ['500.00 元', '李四', '8F21', '09:31', '2,706.50 元', '电子回单', '返回聊天']) expect(text).toContain(words)
  })

  it('offers a receipt only where there is one', async () => {
    const { page } = await visit({ pay: ended({ receipt: false, at: '', available: null, serial: '' }) })
    expect(page.text()).not.toMatch(/电子回单|时间|可用余额|受理号/)
  })

  it('is said again by itself once it is known', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { page } = await visit({ pay: ended({ state: 'confirming', money: 'unknown', title: '已扣钱或正在确认，请不要重复转' }), 'pay/result': DONE })
    expect([page.find('h1').text(), page.find('.blank').classes()]).toEqual(['已扣钱或正在确认，请不要重复转', ['blank', 'wait']])
    expect(page.text()).toContain('聊天里也会告诉您')
    await vi.advanceTimersByTimeAsync(2_000)
    await settle()
    expect([page.find('h1').text(), page.find('.blank').classes()]).toEqual(['已转出', ['blank', 'good']])
  })

  it('has a number that is copied with a tap', async () => {
    const writeText = vi.fn().mockResolvedValue(undefined)
    vi.stubGlobal('navigator', { clipboard: { writeText } })
    const { page } = await visit({ pay: ended() })
    await page.find('[aria-label="复制受理号"]').trigger('click')
    await settle()
    expect(writeText).toHaveBeenCalledWith('8F21')
    expect(page.find('.copy').text()).toContain('已复制')
  })
})
