/** Spans of a stamped statement, in China's days: both ends included, a year at most. */

const OFFSET_MS = 8 * 3_600_000

export interface Span {
  from: string
  to: string
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

/** The last `months` months up to today: on 23 November one month begins on 24 October. */
export function lastMonths(months: number, nowMs: number): Span {
  const today = new Date(nowMs + OFFSET_MS)
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth() - months]
  // A short month has no 31st: the day after its last one begins the span.
  const lastOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const from = new Date(Date.UTC(year, month, Math.min(today.getUTCDate(), lastOfMonth) + 1))
  return { from: day(from), to: day(today) }
}
