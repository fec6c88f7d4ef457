/** How accounts are named and which of their figures answers 「还有多少钱」. */

import type { Account, AccountKind, Money } from '@weiyin/shared/api'
import { formatDate } from '@weiyin/shared/date'

export const KIND_NAMES: Record<AccountKind, string> = {
  debit: '借记卡',
  passbook: '存折',
  deposit: '定期存款',
  credit: '信用卡',
  loan: '贷款',
}

const STATES = new Map([
  ['no_out', '只能进、不能出，请到网点办理'],
  ['frozen', '已冻结，请到网点办理'],
  ['lost', '已挂失'],
  ['dormant', '长期没用，请到网点激活'],
  ['closed', '已销户'],
])

/** `null` for an account one may use; words for any other state, unknown ones included. */
export function stateWords(account: Pick<Account, 'state' | 'state_words'>): string | null {
  if (account.state === 'active') return null
  return STATES.get(account.state) ?? `${account.state_words}，请到网点问问`
}

export interface Figure {
  label: string
  money: Money | null
  /** A day that belongs to it, in words. */
  when?: string
}

/** The figure people ask for first, and the ones beside it that say something more. */
export function figures(account: Account, nowMs: number): { main: Figure; others: Figure[] } {
  const { available, posted, held, detail } = account
  const owed = { fen: Math.abs(posted.fen) }
  const others: Figure[] = []
  switch (account.kind) {
    case 'credit': {
      const bill = detail?.kind === 'credit' ? detail.bill : null
      if (bill) others.push({ label: '本期要还', money: bill.amount, when: `${formatDate(bill.due_on, nowMs)}前` })
      else others.push({ label: '已用', money: detail?.kind === 'credit' ? detail.used : owed })
      return { main: { label: '可用额度', money: available }, others }
    }
    case 'loan': {
      const next = detail?.kind === 'loan' ? detail.next : null
      if (next) others.push({ label: '下次要还', money: next.amount, when: formatDate(next.on, nowMs) })
      return { main: { label: '还没还的本金', money: detail?.kind === 'loan' ? detail.outstanding : owed }, others }
    }
    case 'deposit':
      if (detail?.kind === 'deposit' && detail.matures_on !== null) {
        others.push({ label: '到期利息', money: detail.interest, when: `${formatDate(detail.matures_on, nowMs)}到期` })
      }
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
