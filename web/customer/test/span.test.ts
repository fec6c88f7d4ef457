import { describe, expect, it } from 'vitest'
import { lastMonths } from '../src/statement/span'

const at = (text: string) => Date.parse(text)

describe('a span', () => {
  it('ends today in China and begins the day after so many months ago', () => {
    expect(lastMonths(1, at('2026-11-23T01:31:00Z'))).toEqual({ from: '2026-10-24', to: '2026-11-23' })
    expect(lastMonths(6, at('2026-11-22T16:30:00Z'))).toEqual({ from: '2026-05-24', to: '2026-11-23' })
  })

  it('is never longer than a year', () => {
    expect(lastMonths(12, at('2028-02-29T04:00:00Z'))).toEqual({ from: '2027-03-01', to: '2028-02-29' })
    expect(lastMonths(12, at('2026-11-23T04:00:00Z'))).toEqual({ from: '2025-11-24', to: '2026-11-23' })
  })

  it('knows short months', () => {
    expect(lastMonths(1, at('2026-03-31T04:00:00Z'))).toEqual({ from: '2026-03-01', to: '2026-03-31' })
  })
})
