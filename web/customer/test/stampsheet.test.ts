import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, type OtpSent, type StampedCodeWish } from '@weiyin/shared/api'
import type { Bank } from '../src/bank'
import StampSheet from '../src/statement/StampSheet.vue'
import { tap, words } from './screen'

const told = (way: 'text' | 'voice'): OtpSent => ({ way, resend_after_s: 60, voice_after_s: 60, expires_in_s: 180 })
const asked = (id: string) => new Problem(409, { code: 'otp.question', words: '先答一道题', question: { id, words: '三加四等于几？', picture: 'data:image/svg+xml,' } })

const sendStampedCode = vi.fn<(wish: StampedCodeWish) => Promise<OtpSent>>()
let shown: VueWrapper | null = null

async function open() {
  const bank = { api: { stamped: () => Promise.resolve({ items: [] }), sendStampedCode, serverNow: () => Date.UTC(2026, 10, 23) } } as unknown as Bank
  const account = { id: 'a1', label: '借记卡', tail: '6688', kind: 'debit' as const }
  const sheet = mount(StampSheet, { props: { show: true, bank, account, leave: () => false }, attachTo: document.body })
  shown = sheet
  await flushPromises()
  return sheet
}

const wish = (at: number) => sendStampedCode.mock.calls[at]?.[0].wish

beforeEach(() => {
  vi.useFakeTimers()
  sendStampedCode.mockReset()
})
afterEach(() => {
  shown?.unmount()
  vi.useRealTimers()
})

describe('what a stamped statement is for', () => {
  it('is chosen before a code goes out, and goes with it', async () => {
    sendStampedCode.mockResolvedValueOnce(told('text'))
    await open()
    await tap('获取验证码')
    expect(words()).toContain('先点一个用途')
    expect(sendStampedCode).not.toHaveBeenCalled()
    await tap('签证')
    const [note, english] = [...document.body.querySelectorAll<HTMLInputElement>('.stamp input')]
    if (!note || !english) throw new Error(`nothing to fill in in ${words()}`)
    expect(english.checked).toBe(true)
    note.value = ' 去看女儿 '
    note.dispatchEvent(new Event('input'))
    await flushPromises()
    await tap('获取验证码')
    expect(sendStampedCode.mock.calls[0]?.[0].ask).toMatchObject({ purpose: 'visa', note: '去看女儿', english: true })
  })

  it('is said beside the code, and changing it needs another code', async () => {
    sendStampedCode.mockResolvedValueOnce(told('text'))
    await open()
    await tap('贷款')
    await tap('获取验证码')
    expect(words()).toContain('短信里的 6 位数字')
    expect(words()).toContain('用途贷款')
    await tap('改一改')
    expect(words()).not.toContain('短信里的 6 位数字')
    sendStampedCode.mockResolvedValueOnce(told('text'))
    await tap('买房租房')
    await tap('获取验证码')
    expect(sendStampedCode.mock.calls[1]?.[0].ask.purpose).toBe('housing')
  })
})

describe('the code for a stamped statement', () => {
  it('can be read out by a call when no message came', async () => {
    sendStampedCode.mockResolvedValueOnce(told('text')).mockResolvedValueOnce(told('voice'))
    await open()
    await tap('贷款')
    await tap('获取验证码')
    expect(words()).toContain('后还没收到，可以打电话念给您')
    await vi.advanceTimersByTimeAsync(61_000)
    await tap('打电话念给我听')
    expect([wish(0), wish(1)]).toEqual([{ way: 'text' }, { way: 'voice' }])
    expect(words()).toContain('没接到')
  })

  it('comes after the answer to a question, by the way that was asked for', async () => {
    sendStampedCode.mockRejectedValueOnce(asked('q1')).mockRejectedValueOnce(asked('q2')).mockResolvedValueOnce(told('text'))
    await open()
    await tap('贷款')
    await tap('获取验证码')
    await vi.dynamicImportSettled()
    for (const [value, id] of [['8', 'q1'], ['7', 'q2']] as const) {
      const input = document.body.querySelector<HTMLInputElement>('.question input')
      if (!input) throw new Error(`no question in ${words()}`)
      input.value = value
      input.dispatchEvent(new Event('input'))
      await tap('答好了，发验证码')
      expect(wish(sendStampedCode.mock.calls.length - 1)).toEqual({ way: 'text', answer: { id, value } })
    }
    expect(document.body.querySelector('.question')).toBeNull()
    expect(words()).toContain('生成盖章流水')
  })
})
