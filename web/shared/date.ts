/**
 * Dates as customers read them, always in China's time whatever the phone is set to (UTC+8, no summer time).
 *
 * Not for: reading what people type.
 */

const OFFSET_MS = 8 * 3_600_000
const DAY_MS = 86_400_000
const WEEKDAYS = '日一二三四五六'

interface Parts {
  year: number
  month: number
  day: number
  weekday: string
  time: string
  /** Days since 1970 in China. */
  number: number
}

function partsOf(ms: number): Parts {
  const local = new Date(ms + OFFSET_MS)
  const two = (n: number) => String(n).padStart(2, '0')
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    weekday: WEEKDAYS.charAt(local.getUTCDay()),
    time: `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`,
    number: Math.floor((ms + OFFSET_MS) / DAY_MS),
  }
}

/** `09:31`. */
export function formatTime(ms: number): string {
  return partsOf(ms).time
}

/** `今天 周一`, `昨天 周日`, `11月20日 周五`, with the year when it is another one. */
export function formatDay(ms: number, nowMs: number): string {
  const [then, now] = [partsOf(ms), partsOf(nowMs)]
  const week = `周${then.weekday}`
  if (then.number === now.number) return `今天 ${week}`
  if (then.number === now.number - 1) return `昨天 ${week}`
  const year = then.year === now.year ? '' : `${String(then.year)}年`
  return `${year}${String(then.month)}月${String(then.day)}日 ${week}`
}

/** A key that is equal for two moments of one day in China. */
export function dayKey(ms: number): number {
  return partsOf(ms).number
}

/** `2026年11月23日 09:31`, for details. */
export function formatFull(ms: number): string {
  const p = partsOf(ms)
  return `${String(p.year)}年${String(p.month)}月${String(p.day)}日 ${p.time}`
}

/** When data was true: `09:31` today, else `11月22日 09:31`. */
export function formatAsOf(ms: number, nowMs: number): string {
  const [then, now] = [partsOf(ms), partsOf(nowMs)]
  return then.number === now.number ? then.time : `${String(then.month)}月${String(then.day)}日 ${then.time}`
}

/** `2026-11` → `本月`, `上月`, `9月`, `2025年9月`. */
export function formatMonth(month: string, nowMs: number): string {
  const match = /^(\d{4})-(\d{2})$/.exec(month)
  if (!match) return month
  const [year, number] = [Number(match[1]), Number(match[2])]
  const now = partsOf(nowMs)
  const ago = (now.year - year) * 12 + now.month - number
  if (ago === 0) return '本月'
  if (ago === 1) return '上月'
  return year === now.year ? `${String(number)}月` : `${String(year)}年${String(number)}月`
}

/** The month of a moment, `YYYY-MM`. */
export function monthOf(ms: number): string {
  const p = partsOf(ms)
  return `${String(p.year)}-${String(p.month).padStart(2, '0')}`
}

/** `2026-11-23` → `11月23日`, with the year when it is another one. */
export function formatDate(day: string, nowMs: number): string {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(day)
  if (!match) return day
  const year = Number(match[1]) === partsOf(nowMs).year ? '' : `${String(match[1])}年`
  return `${year}${String(Number(match[2]))}月${String(Number(match[3]))}日`
}

/** How long to wait, in words: `1 分 20 秒`, `35 秒`, `约 3 小时`. */
export function formatWait(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds))
  if (s < 60) return `${String(s)} 秒`
  if (s < 600) return s % 60 === 0 ? `${String(s / 60)} 分钟` : `${String(Math.floor(s / 60))} 分 ${String(s % 60)} 秒`
  if (s < 5400) return `约 ${String(Math.ceil(s / 60))} 分钟`
  return `约 ${String(Math.ceil(s / 3600))} 小时`
}
