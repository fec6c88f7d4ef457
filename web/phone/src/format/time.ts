// Times as a phone in China shows them. Every input is milliseconds UTC; China has one zone and no summer time.

const OFFSET_MS = 8 * 3_600_000
const DAY_MS = 86_400_000
/** WeChat puts the time between two messages that are at least this far apart. */
const SEPARATOR_MS = 5 * 60_000
const WEEK = ['日', '一', '二', '三', '四', '五', '六']

interface Wall {
  year: number
  month: number
  day: number
  weekday: string
  hour: string
  minute: string
  second: string
  /** Days since 1970-01-01 in China. */
  date: number
}

function wall(ms: number): Wall {
  const at = new Date(ms + OFFSET_MS)
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    weekday: `星期${WEEK[at.getUTCDay()] ?? ''}`,
    hour: two(at.getUTCHours()),
    minute: two(at.getUTCMinutes()),
    second: two(at.getUTCSeconds()),
    date: Math.floor((ms + OFFSET_MS) / DAY_MS),
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** `14:05`, for the status bar. */
export function clockText(ms: number): string {
  const w = wall(ms)
  return `${w.hour}:${w.minute}`
}

/** `14:05:09`, for logs. */
export function clockSecondsText(ms: number): string {
  const w = wall(ms)
  return `${w.hour}:${w.minute}:${w.second}`
}

/** `2026年11月23日 星期一` */
export function dateText(ms: number): string {
  const w = wall(ms)
  return `${w.year}年${w.month}月${w.day}日 ${w.weekday}`
}

/** The grey line between messages: `14:05`, `昨天 14:05`, `星期三 14:05`, `11月3日 14:05`, `2025年11月3日 14:05`. */
export function separatorText(ms: number, nowMs: number): string {
  const day = dayText(ms, nowMs, (w) => `${w.month}月${w.day}日`, (w) => `${w.year}年${w.month}月${w.day}日`)
  return day === '' ? clockText(ms) : `${day} ${clockText(ms)}`
}

/** The short time at the right of the chat list: `14:05`, `昨天`, `星期三`, `11月3日`, `2025/11/3`. */
export function listText(ms: number, nowMs: number): string {
  return dayText(ms, nowMs, (w) => `${w.month}月${w.day}日`, (w) => `${w.year}/${w.month}/${w.day}`) || clockText(ms)
}

function dayText(ms: number, nowMs: number, near: (w: Wall) => string, far: (w: Wall) => string): string {
  const then = wall(ms)
  const now = wall(nowMs)
  const days = now.date - then.date
  if (days < 0) return then.year === now.year ? near(then) : far(then)
  if (days === 0) return ''
  if (days === 1) return '昨天'
  if (days < 7) return then.weekday
  return then.year === now.year ? near(then) : far(then)
}

export function needsSeparator(previousMs: number | null, ms: number): boolean {
  return previousMs === null || ms - previousMs >= SEPARATOR_MS
}

/** Milliseconds to the same wall time one calendar month later; 31 January goes to the last day of February. */
export function monthAheadMs(ms: number): number {
  const at = new Date(ms + OFFSET_MS)
  const lastDay = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 2, 0)).getUTCDate()
  const then = Date.UTC(
    at.getUTCFullYear(),
    at.getUTCMonth() + 1,
    Math.min(at.getUTCDate(), lastDay),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds(),
    at.getUTCMilliseconds(),
  )
  return then - OFFSET_MS - ms
}

/** `840 ms`, `2.4 s`, `1 分 05 秒` */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} 分 ${two(Math.floor((ms % 60_000) / 1_000))} 秒`
}
