import { describe, expect, it } from 'vitest'
import { dayKey, formatAsOf, formatDate, formatDay, formatFull, formatMonth, formatTime, formatWait, monthOf } from '../date'

const now = Date.parse('2026-11-23T01:31:00Z') // 09:31 on a Monday in China

describe('dates', () => {
  it('counts days as China does, not as the phone or UTC does', () => {
    const lateYesterdayUtc = Date.parse('2026-11-22T16:00:00Z')
    expect(formatDay(lateYesterdayUtc, now)).toBe('今天 周一')
    expect(formatTime(lateYesterdayUtc)).toBe('00:00')
    expect(dayKey(lateYesterdayUtc)).toBe(dayKey(now))
    expect(formatDay(lateYesterdayUtc - 1, now)).toBe('昨天 周日')
  })

  it('names the year only when it is another one', () => {
    expect(formatDay(Date.parse('2026-10-28T03:00:00Z'), now)).toBe('10月28日 周三')
    expect(formatDay(Date.parse('2025-10-28T03:00:00Z'), now)).toBe('2025年10月28日 周二')
    expect(formatFull(now)).toBe('2026年11月23日 09:31')
  })

  it('says when data was true', () => {
    expect(formatAsOf(now, now + 3_600_000)).toBe('09:31')
    expect(formatAsOf(Date.parse('2026-11-22T01:31:00Z'), now)).toBe('11月22日 09:31')
  })

  it('names a calendar day', () => {
    expect(formatDate('2026-12-05', now)).toBe('12月5日')
    expect(formatDate('2027-01-05', now)).toBe('2027年1月5日')
    expect(formatDate('20270105', now)).toBe('2027年1月5日')
    expect(formatDate('soon', now)).toBe('soon')
  })

  it('names months the way people do', () => {
    expect(formatMonth('2026-11', now)).toBe('本月')
    expect(formatMonth('2026-10', now)).toBe('上月')
    expect(formatMonth('2026-02', now)).toBe('2月')
    expect(formatMonth('2025-12', now)).toBe('2025年12月')
    expect(formatMonth('2025-12', Date.parse('2026-01-05T00:00:00Z'))).toBe('上月')
    expect(formatMonth('x', now)).toBe('x')
    expect(monthOf(Date.parse('2026-10-31T16:00:00Z'))).toBe('2026-11')
  })

  it('rounds waits up, so that nobody comes back too early', () => {
    expect(formatWait(0.2)).toBe('1 秒')
    expect(formatWait(60)).toBe('1 分钟')
    expect(formatWait(80)).toBe('1 分 20 秒')
    expect(formatWait(1801)).toBe('约 31 分钟')
    expect(formatWait(86_400)).toBe('约 24 小时')
    expect(formatWait(-5)).toBe('0 秒')
  })
})
