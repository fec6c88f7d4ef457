import { describe, expect, it } from 'vitest'
import type { Item } from '../src/control/types'
import { accept, draft, isLocal, merge, refuse, upsert, type Bubble } from '../src/state/chat'

const text = (id: string, at_ms: number, words: string, side: Item['side'] = 'user'): Item => ({ id, at_ms, side, kind: 'text', text: words, state: 'sent' })
function drafted(words: string, at = 100): Bubble {
  const bubble = draft({ type: 'text', content: words }, at)
  if (bubble === null) throw new Error('a text has a bubble')
  return bubble
}

describe('bubbles drawn before the simulator answers', () => {
  it('are drawn for what shows in a chat and not for taps', () => {
    expect(draft({ type: 'voice', seconds: 2, recognition: null }, 0)?.kind).toBe('voice')
    expect(draft({ type: 'click', key: 'k' }, 0)).toBeNull()
    expect(draft({ type: 'view', url: 'http://x' }, 0)).toBeNull()
    expect(draft({ type: 'raw', xml: '<xml/>' }, 0)).toBeNull()
  })

  it('become the real item when it comes by the event stream first', () => {
    const items = [drafted('查余额')]
    const id = items[0]?.id ?? ''
    expect(upsert(items, text('7', 101, '查余额'))).toBe(false)
    accept(items, id, '7')
    expect(items.map((one) => one.id)).toEqual(['7'])
  })

  it('become the real item when the answer comes first', () => {
    const items = [drafted('查余额')]
    accept(items, items[0]?.id ?? '', '7')
    upsert(items, text('7', 101, '查余额'))
    expect(items).toHaveLength(1)
    expect(items[0]?.state).toBe('sent')
  })

  it('keep two equal messages apart', () => {
    const items = [drafted('在吗', 100), drafted('在吗', 101)]
    const [first, second] = items.map((one) => one.id)
    upsert(items, text('1', 100, '在吗'))
    accept(items, first ?? '', '1')
    upsert(items, text('2', 101, '在吗'))
    accept(items, second ?? '', '2')
    expect(items.map((one) => one.id)).toEqual(['1', '2'])
  })

  it('stay with the reason when they could not leave', () => {
    const items = [drafted('查余额')]
    refuse(items, items[0]?.id ?? '', '连不上模拟器')
    expect(items[0]?.state).toBe('failed')
    expect(items[0]?.local?.words).toBe('连不上模拟器')
    upsert(items, text('7', 101, '查余额'))
    expect(items).toHaveLength(2)
  })
})

describe('items of a chat', () => {
  it('stand in the order of their time', () => {
    const items: Bubble[] = [text('1', 10, '一'), text('3', 30, '三')]
    expect(upsert(items, text('2', 20, '二', 'account'))).toBe(true)
    expect(items.map((one) => one.id)).toEqual(['1', '2', '3'])
  })

  it('are replaced, not doubled, when the same one comes again', () => {
    const items: Bubble[] = [text('1', 10, '一')]
    expect(upsert(items, { ...text('1', 10, '一'), state: 'failed' })).toBe(false)
    expect(items).toHaveLength(1)
    expect(items[0]?.state).toBe('failed')
  })

  it('keep unsent drafts over a reload, but not those that arrived', () => {
    const arrived = drafted('到了', 5_000)
    const failed = drafted('没走', 6_000)
    const list = [arrived, failed]
    refuse(list, failed.id, '断了')
    const next = merge(list, [text('1', 5_001, '到了')])
    expect(next.map((one) => one.text)).toEqual(['到了', '没走'])
    expect(next.filter(isLocal)).toHaveLength(1)
  })

  it('do not take away what the event stream told while the list was on its way', () => {
    const asked = new Set(['1'])
    const list: Bubble[] = [text('1', 5_000, '已关注', 'system'), text('2', 5_100, '您好', 'account')]
    expect(merge(list, [text('1', 5_000, '已关注', 'system')], asked).map((one) => one.text)).toEqual(['已关注', '您好'])
    expect(merge(list, [text('1', 5_000, '已关注', 'system')]).map((one) => one.text)).toEqual(['已关注'])
  })
})
