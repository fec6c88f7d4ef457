/**
 * Money as customers read it: `1,234.56`, a real minus sign, never a float.
 *
 * Not for: arithmetic. Sums come from the server.
 */

import type { Money } from './api'

/** U+2212; a hyphen is too short beside tabular figures and screen readers skip it. */
export const MINUS = '\u2212'

/** `128050` fen → `1,280.50`; negative amounts begin with the minus sign. */
export function formatFen(fen: number): string {
  if (!Number.isSafeInteger(fen)) return '—'
  const digits = String(Math.abs(fen)).padStart(3, '0')
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${fen < 0 ? MINUS : ''}${whole}.${digits.slice(-2)}`
}

/** An amount, or a dash when the core did not say. */
export function formatMoney(money: Money | null | undefined): string {
  return money ? formatFen(money.fen) : '—'
}

/** `+312.40` or `−86.00`: the sign tells the direction, so that colour is not needed to read it. */
export function formatFlow(amount: Money, direction: 'in' | 'out'): string {
  return `${direction === 'in' ? '+' : MINUS}${formatFen(Math.abs(amount.fen))}`
}

/** For screen readers: `进账 312.40 元`. */
export function speakFlow(amount: Money, direction: 'in' | 'out'): string {
  return `${direction === 'in' ? '进账' : '出账'} ${formatFen(Math.abs(amount.fen))} 元`
}
