import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { OFFLINE, Problem } from '@weiyin/shared/api'
import type { CustomerApi, PayBanks, PayCard, PayPage, PayResult, Truth } from '@weiyin/shared/api'
import { bare, grouped, retype, unfinished } from '../src/bind/masks'
import { copyText } from '../src/pay/copy'
import { doing, endOf, isLost, isPending, lookOf, plainTitle, shortName, yuan } from '../src/pay/ends'
import { POLL_ENDS_MS, mayAsk, pauseMs } from '../src/pay/poll'
import { Seen } from '../src/pay/seen'
import { DEBOUNCE_MS, useBanks } from '../src/pay/useBanks'
import { usePay } from '../src/pay/usePay'

const CARD: PayCard = { intent: 'i1', title: '转账', deed: '转', is_own: false, payee_name: '李四', payee_bank: '建设银行', payee_tail: '0098', is_new_payee: false, new_phone: false, amount: { fen: 50_000 }, amount_words: '伍佰元整', fee: { fen: 0 }, arrival: '马上到', is_later: false, is_limit: false, payer: '借记卡8821', available: { fen: 320_650 }, purpose: '', factors: 'pin', mobile_masked: '139****1234', again: false, warning: '', notes: [], speed: null }
const DONE: PayResult = { state: 'done', money: 'moved', title: '✔ 已转出', deed: '转', words: '李四马上能收到', serial: '8F21', payee_name: '李四', payee_bank: '建设银行', payee_tail: '0098', amount: { fen: 50_000 }, amount_words: '伍佰元整', is_limit: false, fee: { fen: 0 }, payer: '借记卡8821', at: '09:31', available: { fen: 270_650 }, receipt: true, cash: null }
const CONFIRMING: PayResult = { ...DONE, state: 'confirming', money: 'unknown', title: '已扣钱或正在确认，请不要重复转', words: '我在核对', available: null, receipt: false }
const CONFIRM: PayPage = { step: 'confirm', payee: null, card: CARD, result: null }
const PAYEE: PayPage = { step: 'payee', payee: { name: '', bank: '', amount: null }, card: null, result: null }
const SEALED = { key_id: 'k', cipher: 'c', consents: [] }
const no = (code: string, words = '不行', status = 409, left?: number) => new Problem(status, { code, words, ...(left === undefined ? {} : { left }) })

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('scrollTo', vi.fn())
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('asking what became of a payment', () => {
  it('grows slower, up to half a minute', () => {
    expect(Array.from({ length: 9 }, (_, i) => pauseMs(i) / 1000)).toEqual([2, 3, 5, 8, 13, 20, 30, 30, 30])
  })

  it('ends with the last pause that fits into ten minutes', () => {
    expect([mayAsk(0, 0), mayAsk(20, POLL_ENDS_MS - 30_000), mayAsk(20, POLL_ENDS_MS - 29_999)]).toEqual([true, true, false])
  })
})

describe('the look of a result', () => {
  it('is by what happened to the money', () => {
    const looks = (['moved', 'untouched', 'unknown', 'back', 'later'] as const).map((money) => [lookOf(money).icon, lookOf(money).tone])
    expect(looks).toEqual([['check', 'good'], ['close', 'plain'], ['clock', 'wait'], ['in', 'plain'], ['check', 'good']])
  })

  it('is never a good one for a word it does not know', () => { expect(lookOf('soon' as Truth).tone).toBe('wait') })

  it('shows one sign, not two', () => {
    expect(['✔ 已转出', '✖ 没有扣钱', '⏳已扣钱或正在确认', '✔️ 已转出', '已转出'].map(plainTitle)).toEqual(['已转出', '没有扣钱', '已扣钱或正在确认', '已转出', '已转出'])
  })

  it('waits for what is still to come', () => {
    expect((['confirming', 'accepted', 'done', 'failed', 'manual'] as const).map(isPending)).toEqual([true, true, false, false, false])
  })

  it('says what is done and for whom, also of a bill', () => {
    const bill: PayCard = { ...CARD, title: '缴费', deed: '交', payee_name: '老屋 *芳', purpose: '电费' }
    expect([doing(CARD), doing(bill), doing({ ...CARD, deed: '还', payee_name: '自己的信用卡' })]).toEqual(['转给李四', '给老屋 *芳交电费', '还自己的信用卡'])
    expect([doing({ ...CARD, deed: '存', payee_name: '定期1年' }), doing({ ...CARD, deed: '取', payee_name: '自己的借记卡' }), doing({ ...CARD, deed: '借', payee_name: '自己的借记卡' })]).toEqual(['存定期1年', '取到自己的借记卡', '借到自己的借记卡'])
    expect(doing({ ...CARD, deed: '还', is_later: true, is_limit: true, payee_name: '自己的信用卡' })).toBe('自己的信用卡自动还款，每次最多')
  })

  it('never parts an amount from its 元, and cuts long names', () => {
    expect([yuan({ fen: 50_000 }), shortName('李四'), shortName('陵溪县青川镇联合村专业合作社')]).toEqual(['500.00\u00a0元', '李四', '陵溪县青川镇联合村…'])
  })
})

describe('a refusal', () => {
  it('that ends the page begins with the money, and does not say it twice', () => {
    expect(endOf(no('pay.changed', '金额改过了，请用新的'))).toEqual({ title: '没有扣钱', words: '金额改过了，请用新的', again: false })
    expect(endOf(no('balance.short', '没有扣钱：可用 206.50 元不够'))).toMatchObject({ title: '没有扣钱', words: '可用 206.50 元不够' })
    expect(endOf(no('pay.refused', '没有转出，没有扣钱：对方账户现在收不了钱'))).toMatchObject({ title: '没有转出，没有扣钱', words: '对方账户现在收不了钱' })
    expect(endOf(no('pay.busy', '没有扣钱。银行系统没有回话，请过一会儿再转', 503))).toEqual({ title: '没有扣钱', words: '银行系统没有回话，请过一会儿再转', again: true })
    expect(endOf(no('pay.new', '一句没见过的话'))?.title).toBe('没有扣钱')
    expect([endOf(no('pay.again')), endOf(no('pay.sure'))]).toEqual([null, null])
    expect([endOf(no('pin.wrong')), endOf(no('session.none', '', 401))?.title]).toEqual([null, '页面放太久了'])
  })

  it('is an answer whatever its status; only silence is none', () => {
    expect(isLost(no('core.maintenance', '正在结账', 503))).toBe(false)
    expect([isLost(no('fault', '系统繁忙', 500)), isLost(Problem.local(OFFLINE)), isLost(no('core.busy', '银行系统忙', 503)), isLost(no('pin.wrong'))]).toEqual([true, true, false, false])
  })
})

describe('how long a payment was in sight', () => {
  it('counts every time it was there, once', () => {
    let now = 100
    const seen = new Seen(() => now)
    expect(seen.ms).toBe(0)
    seen.start()
    now = 1_100.4
    seen.start()
    expect(seen.ms).toBe(1_000)
    seen.stop()
    now = 9_000
    seen.stop()
    expect(seen.ms).toBe(1_000)
    seen.start()
    now = 9_500
    expect(seen.ms).toBe(1_500)
  })
})

describe('a payee as it is typed', () => {
  it('has a number in fours', () => {
    expect(grouped('card', bare('card', '6217-0000 12345678'))).toBe('6217 0000 1234 5678')
    expect(retype('card', '62170', 5)).toEqual({ bare: '62170', shown: '6217 0', caret: 6 })
  })

  it('may be a firm, with digits and gaps in its name', () => {
    expect([bare('payee', '  成都 798  文化'), bare('name', '李 4四'), unfinished('payee', '李'), unfinished('payee', '李四')]).toEqual(['成都 798 文化', '李四', '请填收款人的姓名', null])
  })
})

describe('a number to hand on', () => {
  it('is copied, the old way too, or it says that it was not', async () => {
    const writeText = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValue(new Error('no'))
    vi.stubGlobal('navigator', { clipboard: { writeText } })
    expect(await copyText('8F21')).toBe(true)
    const command = vi.fn().mockReturnValueOnce(true).mockImplementation(() => { throw new Error('no') })
    document.execCommand = command
    expect([await copyText('8F21'), await copyText('8F21')]).toEqual([true, false])
    expect(document.querySelector('textarea')).toBeNull()
  })
})

describe('banks', () => {
  it('are asked for once the typing rests, and an older answer is dropped', async () => {
    const answers: ((banks: PayBanks) => void)[] = []
    const payBanks = vi.fn(() => new Promise<PayBanks>((resolve) => { answers.push(resolve) }))
    const words = ref('')
    const scope = effectScope()
    const banks = scope.run(() => useBanks({ payBanks }, words))
    for (const typed of ['建', '建设']) {
      words.value = typed
      await nextTick()
      await vi.advanceTimersByTimeAsync(DEBOUNCE_MS - 1)
    }
    expect(payBanks).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    words.value = '建设银行'
    await nextTick()
    await vi.advanceTimersByTimeAsync(DEBOUNCE_MS)
    expect(payBanks.mock.calls).toHaveLength(2)
    answers[1]?.({ items: [{ bank_no: '2', name: '建设银行' }] })
    answers[0]?.({ items: [] })
    await flushPromises()
    expect(banks?.found.value).toEqual([{ bank_no: '2', name: '建设银行' }])
    scope.stop()
  })
})

describe('one payment', () => {
  const api = {
    pay: vi.fn<CustomerApi['pay']>(), payBanks: vi.fn<CustomerApi['payBanks']>(), setPayPayee: vi.fn<CustomerApi['setPayPayee']>(), setPayWord: vi.fn<CustomerApi['setPayWord']>(), setPayWhen: vi.fn<CustomerApi['setPayWhen']>(), sendPayCode: vi.fn<CustomerApi['sendPayCode']>(),
    checkPayCode: vi.fn<CustomerApi['checkPayCode']>(), doPay: vi.fn<CustomerApi['doPay']>(), cancelPay: vi.fn<CustomerApi['cancelPay']>(), payResult: vi.fn<CustomerApi['payResult']>(),
  }
  let own = effectScope()

  async function open(page: PayPage | Problem = CONFIRM) {
    for (const call of Object.values(api)) call.mockReset()
    if (page instanceof Problem) api.pay.mockRejectedValueOnce(page)
    else api.pay.mockResolvedValue(page)
    own.stop()
    own = effectScope()
    const paying = own.run(() => usePay(api, () => false, () => Date.now()))
    if (!paying) throw new Error('no scope')
    await paying.load()
    return paying
  }

  afterEach(() => { own.stop() })

  it('goes from what is seen to the PIN, and is sent once however often one taps', async () => {
    const paying = await open()
    expect(paying.step.value).toBe('recap')
    paying.goOn()
    expect(paying.step.value).toBe('pin')
    api.doPay.mockResolvedValue(DONE)
    paying.pay(SEALED)
    paying.pay(SEALED)
    expect(paying.step.value).toBe('sending')
    await flushPromises()
    expect(api.doPay.mock.calls).toEqual([[{ intent: 'i1', pin: { key_id: 'k', cipher: 'c' }, sure: false, shown_ms: 0 }]])
    expect([paying.step.value, paying.result.value?.serial]).toEqual(['outcome', '8F21'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(api.payResult).not.toHaveBeenCalled()
  })

  it('asks for a code first where one is needed, and again when its proof ran out', async () => {
    const paying = await open({ ...CONFIRM, card: { ...CARD, factors: 'code_and_pin', warning: '第一次' } })
    paying.goOn()
    expect(paying.step.value).toBe('otp')
    api.checkPayCode.mockResolvedValue({ proved: true })
    paying.check('123456')
    await flushPromises()
    expect(paying.step.value).toBe('pin')
    api.doPay.mockRejectedValue(no('undo.code', '请先输入短信验证码'))
    paying.pay(SEALED)
    await flushPromises()
    expect(api.doPay.mock.calls[0]?.[0].sure).toBe(true)
    expect([paying.step.value, paying.view.value.otp.sent, paying.view.value.notice?.words]).toEqual(['otp', false, '请先输入短信验证码'])
  })

  it('keeps to the PIN when it was wrong, and says how many tries are left', async () => {
    const paying = await open()
    paying.goOn()
    api.doPay.mockRejectedValue(no('pin.wrong', '密码不对', 400, 4))
    paying.pay(SEALED)
    await flushPromises()
    expect([paying.step.value, paying.view.value.notice]).toEqual(['pin', { tone: 'danger', words: '密码不对', more: '今天还可以试 4 次' }])
  })

  it('asks once more when an equal one was made just now', async () => {
    const paying = await open()
    paying.goOn()
    api.doPay.mockRejectedValueOnce(no('pay.again', '刚转过一笔一样的')).mockResolvedValue(DONE)
    paying.pay(SEALED)
    await flushPromises()
    expect([paying.step.value, paying.card.value?.again]).toEqual(['recap', true])
    paying.goOn()
    paying.pay(SEALED)
    await flushPromises()
    expect(api.doPay.mock.calls[1]?.[0].sure).toBe(true)
  })

  it.each([['pay.changed', 409], ['pay.limit', 409], ['balance.short', 409], ['core.maintenance', 503], ['pin.locked', 429]])('ends with words after %s', async (code, status) => {
    const paying = await open()
    paying.goOn()
    api.doPay.mockRejectedValue(no(code, '为什么', status))
    paying.pay(SEALED)
    await flushPromises()
    expect([paying.step.value, paying.end.value?.title, paying.end.value?.words]).toEqual(['end', '没有扣钱', '为什么'])
  })

  it('that no answer came to is never called failed: it is asked after until it is known', async () => {
    const paying = await open()
    paying.goOn()
    api.doPay.mockRejectedValue(Problem.local(OFFLINE))
    api.pay.mockReset().mockRejectedValueOnce(Problem.local(OFFLINE)).mockResolvedValue({ step: 'result', payee: null, card: null, result: CONFIRMING })
    api.payResult.mockResolvedValue(DONE)
    paying.pay(SEALED)
    await flushPromises()
    expect([paying.step.value, paying.lost.value]).toEqual(['outcome', true])
    await vi.advanceTimersByTimeAsync(2_000)
    expect([paying.lost.value, paying.cut.value]).toEqual([true, true])
    await vi.advanceTimersByTimeAsync(3_000)
    expect([paying.lost.value, paying.cut.value, paying.result.value?.state]).toEqual([false, false, 'confirming'])
    await vi.advanceTimersByTimeAsync(5_000)
    expect(paying.result.value?.state).toBe('done')
    await vi.advanceTimersByTimeAsync(600_000)
    expect([api.pay.mock.calls.length, api.payResult.mock.calls.length, api.doPay.mock.calls.length]).toEqual([2, 1, 1])
  })

  it('that the bank still waits for may be on its way, and goes back to the PIN only after a while', async () => {
    const paying = await open()
    paying.goOn()
    api.doPay.mockRejectedValue(Problem.local(OFFLINE))
    paying.pay(SEALED)
    await flushPromises()
    await vi.advanceTimersByTimeAsync(19_000)
    expect([paying.step.value, paying.lost.value, api.pay.mock.calls.length]).toEqual(['outcome', true, 5])
    await vi.advanceTimersByTimeAsync(13_000)
    expect([paying.step.value, paying.view.value.notice?.words]).toEqual(['pin', '银行没有收到，还没有转'])
    expect(api.payResult).not.toHaveBeenCalled()
  })

  it('that was looked at too briefly for the bank asks for a code all the same', async () => {
    const paying = await open()
    paying.goOn()
    api.doPay.mockRejectedValue(no('undo.code', '请先输入短信验证码'))
    paying.pay(SEALED)
    await flushPromises()
    expect([paying.step.value, paying.card.value?.factors]).toEqual(['otp', 'code_and_pin'])
  })

  it('that the bank wants confirmed is shown once more with its words to tick', async () => {
    const paying = await open()
    paying.goOn()
    api.doPay.mockRejectedValue(no('pay.sure', '请先看清楚提醒再办'))
    paying.pay(SEALED)
    await flushPromises()
    expect([paying.step.value, paying.card.value?.warning]).toEqual(['recap', '请先看清楚提醒再办'])
  })

  it('stops being asked after when ten minutes are over, and looks once more when somebody comes back', async () => {
    const paying = await open({ step: 'result', payee: null, card: null, result: CONFIRMING })
    api.payResult.mockResolvedValue(CONFIRMING)
    await vi.advanceTimersByTimeAsync(POLL_ENDS_MS)
    const asked = api.payResult.mock.calls.length
    expect([paying.over.value, asked > 20]).toEqual([true, true])
    await vi.advanceTimersByTimeAsync(POLL_ENDS_MS)
    expect(api.payResult.mock.calls).toHaveLength(asked)
    api.payResult.mockResolvedValue(DONE)
    document.dispatchEvent(new Event('visibilitychange'))
    await flushPromises()
    expect([paying.result.value?.state, paying.over.value]).toEqual(['done', false])
  })

  it('whose session ended meanwhile is not called untouched', async () => {
    const paying = await open({ step: 'result', payee: null, card: null, result: CONFIRMING })
    api.payResult.mockRejectedValue(no('session.none', '页面已失效', 401))
    await vi.advanceTimersByTimeAsync(2_000)
    expect([paying.step.value, paying.over.value, paying.result.value?.money]).toEqual(['outcome', true, 'unknown'])
  })

  it('under way already shows its result, and else the words', async () => {
    const paying = await open()
    paying.goOn()
    api.doPay.mockRejectedValue(no('pay.under_way', '上一笔还在确认，请不要重复转'))
    paying.pay(SEALED)
    await flushPromises()
    expect([paying.step.value, paying.end.value?.title]).toEqual(['end', '没有再办一笔'])
    const other = await open()
    api.pay.mockResolvedValue({ step: 'result', payee: null, card: null, result: DONE })
    other.goOn()
    api.doPay.mockRejectedValue(no('pay.under_way'))
    other.pay(SEALED)
    await flushPromises()
    expect(other.result.value?.serial).toBe('8F21')
  })

  it('somebody was told to make ends with a tap, and no money moves', async () => {
    const paying = await open()
    paying.stop()
    api.cancelPay.mockRejectedValueOnce(Problem.local(OFFLINE)).mockResolvedValue({ ...DONE, state: 'ended', money: 'untouched', title: '没有扣钱' })
    paying.cancel()
    await flushPromises()
    expect([paying.step.value, paying.view.value.notice?.tone]).toEqual(['stop', 'wait'])
    paying.cancel()
    await flushPromises()
    expect([paying.step.value, paying.result.value?.state]).toEqual(['outcome', 'ended'])
    expect(api.doPay).not.toHaveBeenCalled()
  })

  it('to a new payee says what is wrong at its field, and asks for the bank only where the number does not tell', async () => {
    const paying = await open(PAYEE)
    const form = { name: '王小明', number: '6217000012345678', number_again: '6217000012345678', bank_no: '' }
    const tell = async (problem: Problem) => {
      api.setPayPayee.mockRejectedValueOnce(problem)
      paying.namePayee(form)
      await flushPromises()
      return paying.fields.value
    }
    expect(await tell(no('payee.mismatch', '卡号和姓名对不上，没有转出', 409, 2))).toEqual({ name: '卡号和姓名对不上，没有转出，今天还能试 2 次' })
    expect([await tell(no('payee.number', '卡号不对')), paying.needsBank.value]).toEqual([{ number: '卡号不对' }, false])
    expect([await tell(no('payee.bank_unknown', '请选银行')), paying.needsBank.value]).toEqual([{ bank: '请选银行' }, true])
    paying.typed('bank')
    expect(paying.fields.value).toEqual({})
    api.setPayPayee.mockResolvedValue(CONFIRM)
    paying.namePayee(form)
    await flushPromises()
    expect(paying.step.value).toBe('recap')
  })

  it('of cash asks for a word, shows the code that waits, and calls it off', async () => {
    const paying = await open({ step: 'word', payee: { name: '现金', bank: '', amount: { fen: 50_000 } }, card: null, result: null })
    expect(paying.step.value).toBe('word')
    api.setPayWord.mockRejectedValueOnce(no('cash.word', '口令太好猜了'))
    paying.chooseWord('123456', '123456')
    await flushPromises()
    expect([paying.step.value, paying.view.value.notice?.words]).toEqual(['word', '口令太好猜了'])
    api.setPayWord.mockResolvedValue({ step: 'confirm', payee: null, card: { ...CARD, deed: '约', factors: 'code_and_pin' }, result: null })
    paying.chooseWord('502816', '502816')
    await flushPromises()
    expect(api.setPayWord).toHaveBeenLastCalledWith({ word: '502816', word_again: '502816' })
    expect(paying.step.value).toBe('recap')
    const waiting: PayResult = { ...DONE, state: 'accepted', deed: '约', receipt: false, cash: { code: '40718263', until: '10:30', until_ms: 1 } }
    api.pay.mockResolvedValue({ step: 'result', payee: null, card: null, result: waiting })
    await paying.load()
    expect(paying.result.value?.cash?.code).toBe('40718263')
    api.cancelPay.mockResolvedValue({ ...waiting, state: 'returned', money: 'back', cash: null })
    paying.cancel()
    await flushPromises()
    expect([paying.step.value, paying.result.value?.cash]).toEqual(['outcome', null])
  })

  it('to a payee whose answer was lost goes on where the bank is', async () => {
    const paying = await open(PAYEE)
    api.setPayPayee.mockRejectedValue(Problem.local(OFFLINE))
    api.pay.mockResolvedValue(CONFIRM)
    paying.namePayee({ name: '王小明', number: '1', number_again: '1', bank_no: '' })
    await flushPromises()
    expect(paying.step.value).toBe('recap')
  })

  it('that cannot be opened says why, or offers another try when nobody answered', async () => {
    expect((await open(no('bind.missing', '还没绑卡', 403))).end.value).toEqual({ title: '现在打不开', words: '还没绑卡', again: false })
    expect((await open(Problem.local(OFFLINE))).step.value).toBe('broken')
  })
})
