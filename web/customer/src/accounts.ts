/** How accounts are named and which of their figures answers 「还有多少钱」. */

import type { Account, AccountKind, Money } from '@weiyin/shared/api'

export const KIND_NAMES: Record<AccountKind, string> = {
  debit: '借记卡',
  passbook: '存折',
  deposit: '定期存款',
  credit: '信用卡',
  loan: '贷款',
}

/** `null` for an account one may use; words for any other state, unknown ones included. */
export function stateWords(state: string): string | null {
  const known: Record<string, string> = {
    frozen: '已冻结，请到网点办理',
    lost: '已挂失',
    dormant: '长期没用，请到网点激活',
    closed: '已销户',
    overdue: '已逾期，请尽快还款',
    stopped: '已止付，请到网点办理',
  }
  if (state === '' || state === 'normal' || state === 'active' || state === 'open') return null
  return known[state] ?? '状态异常，请到网点问问'
}

export interface Figure {
  label: string
  money: Money | null
}

/** The figure people ask for first, and the ones beside it that say something more. */
export function figures(account: Account): { main: Figure; others: Figure[] } {
  const { available, posted, held } = account
  const others: Figure[] = []
  switch (account.kind) {
    case 'credit':
      if (posted) others.push({ label: '已用', money: { fen: Math.abs(posted.fen) } })
      return { main: { label: '可用额度', money: available }, others }
    case 'loan':
      return { main: { label: '还没还的本金', money: posted ? { fen: Math.abs(posted.fen) } : null }, others }
    case 'deposit':
      return { main: { label: '本金', money: posted ?? available }, others }
    default:
      if (posted && available && posted.fen !== available.fen) others.push({ label: '账面', money: posted })
      if (held && held.fen !== 0) others.push({ label: '冻结中', money: held })
      return { main: { label: '可用余额', money: available ?? posted }, others }
  }
}

/** Groups in the order people think of them; empty ones left out. */
export function groups(items: Account[]): { title: string; items: Account[] }[] {
  const of = (...kinds: AccountKind[]) => items.filter((item) => kinds.includes(item.kind))
  return [
    { title: '存款', items: of('debit', 'passbook', 'deposit') },
    { title: '信用卡', items: of('credit') },
    { title: '贷款', items: of('loan') },
  ].filter((group) => group.items.length > 0)
}
