import { describe, expect, it } from 'vitest'
import { formatFen, formatFlow, formatMoney, speakFlow } from '../money'

describe('money', () => {
  it.each([
    [0, '0.00'],
    [5, '0.05'],
    [-5, '−0.05'],
    [99, '0.99'],
    [100, '1.00'],
    [128050, '1,280.50'],
    [-128050, '−1,280.50'],
    [123456789012, '1,234,567,890.12'],
    [99999, '999.99'],
  ])('shows %d fen as %s', (fen, text) => {
    expect(formatFen(fen)).toBe(text)
  })

  it('shows a dash for an amount nobody gave and for one that is not whole fen', () => {
    expect(formatMoney(null)).toBe('—')
    expect(formatFen(1.5)).toBe('—')
    expect(formatFen(Number.MAX_SAFE_INTEGER + 1)).toBe('—')
  })

  it('tells the direction by sign, whatever sign the amount itself has', () => {
    expect(formatFlow({ fen: 31240 }, 'in')).toBe('+312.40')
    expect(formatFlow({ fen: 8600 }, 'out')).toBe('\u221286.00')
    expect(formatFlow({ fen: -8600 }, 'out')).toBe('\u221286.00')
  })

  it('says the direction in words for a screen reader', () => {
    expect(speakFlow({ fen: 8600 }, 'out')).toBe('出账 86.00 元')
  })
})
