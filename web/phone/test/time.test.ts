import { describe, expect, it } from 'vitest'
import { clockText, dateText, durationText, listText, monthAheadMs, needsSeparator, separatorText } from '../src/format/time'

/** A wall time in China as milliseconds UTC. */
const at = (year: number, month: number, day: number, hour = 10, minute = 0) => Date.UTC(year, month - 1, day, hour - 8, minute)
const now = at(2026, 11, 23, 14, 5) // a Monday

describe('times as a Chinese phone shows them', () => {
  it('shows the hour in China whatever the browser thinks', () => {
    expect(clockText(at(2026, 11, 23, 0, 7))).toBe('00:07')
    expect(dateText(at(2026, 11, 23, 0, 7))).toBe('2026年11月23日 星期一')
  })

  it.each([
    [at(2026, 11, 23, 9, 30), '09:30', '09:30'],
    [at(2026, 11, 22, 23, 59), '昨天 23:59', '昨天'],
    [at(2026, 11, 18, 8, 0), '星期三 08:00', '星期三'],
    [at(2026, 11, 16, 8, 0), '11月16日 08:00', '11月16日'],
    [at(2025, 12, 31, 8, 0), '2025年12月31日 08:00', '2025/12/31'],
    [at(2026, 11, 25, 8, 0), '11月25日 08:00', '11月25日'],
  ])('says when %s was or will be', (ms, separator, list) => {
    expect(separatorText(ms, now)).toBe(separator)
    expect(listText(ms, now)).toBe(list)
  })

  it('puts a time before the first message and after a pause of five minutes', () => {
    expect(needsSeparator(null, now)).toBe(true)
    expect(needsSeparator(now, now + 299_999)).toBe(false)
    expect(needsSeparator(now, now + 300_000)).toBe(true)
  })

  it('moves one calendar month ahead, to the last day when the month is shorter', () => {
    expect(now + monthAheadMs(now)).toBe(at(2026, 12, 23, 14, 5))
    const endOfJanuary = at(2027, 1, 31, 6, 0)
    expect(endOfJanuary + monthAheadMs(endOfJanuary)).toBe(at(2027, 2, 28, 6, 0))
    const december = at(2026, 12, 15)
    expect(december + monthAheadMs(december)).toBe(at(2027, 1, 15))
  })

  it('names durations in the unit a reader wants', () => {
    expect([23, 2_449, 65_000].map(durationText)).toEqual(['23 ms', '2.4 s', '1 分 05 秒'])
  })
})
