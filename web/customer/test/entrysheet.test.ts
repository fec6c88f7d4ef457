import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, type Doubted, type Entry } from '@weiyin/shared/api'
import EntrySheet from '../src/statement/EntrySheet.vue'
import { tap, words } from './screen'

const ENTRY: Entry = { id: 'e2', at_ms: Date.UTC(2026, 10, 21), label: '超市', amount: { fen: 2000 }, direction: 'out', balance: { fen: 1000 }, counterparty: '', summary: '', explain: '' }
const doubt = vi.fn<(entry: string) => Promise<Doubted>>()
let shown: VueWrapper | null = null

async function open() {
  shown = mount(EntrySheet, { props: { show: true, entry: ENTRY, account: '存折 0037', doubt, leave: () => false }, attachTo: document.body })
  await flushPromises()
  return shown
}

beforeEach(() => { doubt.mockReset() })
afterEach(() => { shown?.unmount() })

describe('an entry that is not the customer’s', () => {
  it('is asked about once more, then told to the bank once however often it is tapped, and says what was written down', async () => {
    let answer: (told: Doubted) => void = () => undefined
    doubt.mockReturnValueOnce(new Promise((resolve) => { answer = resolve }))
    await open()
    await tap('这笔不是我办的')
    expect(doubt).not.toHaveBeenCalled()
    expect(words()).toContain('先问问家里人')
    await tap('没办过，请银行查')
    await tap('正在记下…')
    expect(doubt.mock.calls).toEqual([['e2']])
    answer({ what: '存折0037 支出 20.00 元，超市', case: '这笔已记下，编号 261123-0018，风险专员11月26日前给您答复。' })
    await flushPromises()
    expect(words()).toContain('编号 261123-0018')
    expect(words()).toContain('说「锁卡」')
  })

  it('goes back to its facts when one thinks better of it', async () => {
    await open()
    await tap('这笔不是我办的')
    await tap('我再想想')
    expect(words()).toContain('这笔之后余额')
    expect(doubt).not.toHaveBeenCalled()
  })

  it('says why when the bank does not answer, and may be told again', async () => {
    doubt.mockRejectedValueOnce(new Problem(503, { code: 'core.busy', words: '银行系统忙，请过一会儿再看' }))
    doubt.mockResolvedValueOnce({ what: '存折0037 支出 20.00 元，超市', case: '这笔已记下，编号 261123-0018，风险专员11月26日前给您答复。' })
    await open()
    await tap('这笔不是我办的')
    await tap('没办过，请银行查')
    expect(words()).toContain('银行系统忙')
    await tap('没办过，请银行查')
    expect(words()).toContain('编号 261123-0018')
  })

  it('begins anew with the next entry', async () => {
    const sheet = await open()
    await tap('这笔不是我办的')
    await sheet.setProps({ entry: { ...ENTRY, id: 'e3', label: '电费' } })
    await flushPromises()
    expect(words()).toContain('这笔是什么？')
  })
})
