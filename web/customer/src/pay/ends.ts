/**
 * How a payment's end looks, and which refusals end the page. Only looks and ways: what happened to the money, and the words
 * for it, are the bank's.
 */

import type { Money, PayCard, Problem } from '@weiyin/shared/api'
import { formatMoney } from '@weiyin/shared/money'
import type { Shown, Truth } from '@weiyin/shared/api'
import type { IconName } from '../kit/icons'

export interface Look {
  icon: IconName
  tone: 'good' | 'plain' | 'wait'
}

const LOOKS: Record<Truth, Look> = {
  moved: { icon: 'check', tone: 'good' },
  untouched: { icon: 'close', tone: 'plain' },
  unknown: { icon: 'clock', tone: 'wait' },
  back: { icon: 'in', tone: 'plain' },
  later: { icon: 'check', tone: 'good' },
}

/** An unknown word is an unknown end: nothing looks done that may not be. */
export function lookOf(money: Truth): Look {
  return new Map(Object.entries(LOOKS)).get(money) ?? LOOKS.unknown
}

/** `500.00 元`, never parted at a line's end. */
export function yuan(money: Money | null | undefined): string {
  return `${formatMoney(money)}\u00a0元`
}

/** What stands before what a payment is for, by its deed; of other deeds each page has words of its own. */
export const TO: ReadonlyMap<string, string> = new Map([
  ['交', '给哪一户'],
  ['还', '还到'],
  ['存', '存成'],
  ['取', '取到'],
  ['买', '买哪一款'],
  ['赎', '赎回到'],
  ['借', '借到'],
  ['分', '办'],
])

/** Whose purpose the customer may have said; of the others it is what the bank worked out. */
const SAID = ['转', '交', '捐', '约']
export const purposeLabel = (deed: string): string => (SAID.includes(deed) ? '用途' : '要点')
/** Where it comes out of: of instalments it is the card they are on. */
export const fromLabel = (deed: string): string => (deed === '分' ? '哪张卡' : '从')

const NAME_SHOWN_MAX = 10

/** A name beside something more important: long ones are cut. */
export function shortName(name: string): string {
  const letters = [...name]
  return letters.length > NAME_SHOWN_MAX ? `${letters.slice(0, NAME_SHOWN_MAX - 1).join('')}…` : name
}

/** What is being done, for whom: 转给李四, 给老屋交电费. */
export function doing(card: PayCard | null, name = card?.payee_name ?? ''): string {
  switch (card?.deed ?? '转') {
    case '转':
      return `转给${name}`
    case '交':
      return card?.is_later ? `给${name}签${card.purpose}，${card.is_limit ? '每次最多' : '每次'}` : `给${name}交${card?.purpose ?? ''}`
    case '捐':
      return `捐给${name}`
    case '取':
      return `取到${name}`
    case '赎':
      return `赎回到${name}`
    case '约':
      return `无卡取${name}`
    case '借':
      return `借到${name}`
    case '分':
      return `办${name}`
    case '还':
      return card?.is_limit ? `${name}自动还款，每次最多` : `还${name}`
    default:
      return `${card?.deed ?? ''}${name}`
  }
}

/** Whether more is to come, and soon enough to wait for it here. */
export function isPending(state: Shown): boolean {
  return state === 'confirming' || state === 'accepted'
}

/** The title without the sign before it, which the icon already is. */
export function plainTitle(title: string): string {
  return title.replace(/^[✔✓✅✖✘❌⏳⌛]\uFE0F?\s*/u, '')
}

/** A refusal after which this page has nothing to offer: words, and the way back. */
export interface End {
  title: string
  words: string
  /** The same can be tried again here, later. */
  again: boolean
}

/** Refusals of one step, not of the page: it goes on there. */
const STEPS = ['pay.again', 'pay.sure']
/** The same may go through later. */
const LATER = ['core.maintenance', 'pay.busy']
const ENDS = ['risk.none', 'risk.expired', 'risk.above', 'balance.short', 'core.maintenance', 'core.lacks', 'bind.number', 'pin.locked', 'pin.none', 'payee.tries', 'payee.full']
/** Of a wish to have it at another time: what was shown counts as before. */
const STAYS = ['balance.short', 'pay.limit', 'pay.new_payee', 'pay.hold', 'pay.counter', 'pay.busy', 'pay.shut', 'core.maintenance']
/** Longest beginning of a sentence that is a title. */
const TITLE_CHARS_MAX = 16

/** The end a refusal means, or null when the step that asked goes on. */
export function endOf(problem: Problem): End | null {
  const { code, words } = problem
  if (isSessionGone(problem)) return { title: '页面放太久了', words, again: false }
  if (STEPS.includes(code) || !(code.startsWith('pay.') || ENDS.includes(code))) return null
  return { ...inTwo(words, code === 'pay.under_way' ? '没有再办一笔' : code.startsWith('payee.') ? '没有转出' : '没有扣钱'), again: LATER.includes(code) }
}

/** What the words say of the money themselves is the title; else `title` is. */
function inTwo(words: string, title: string): { title: string; words: string } {
  const [head = '', ...rest] = words.split(/[。：]/)
  const tells = /没有扣钱|没有转/.test(head) && head.length <= TITLE_CHARS_MAX
  return tells ? { title: head, words: words.slice(head.length + (rest.length > 0 ? 1 : 0)) } : { title, words }
}

/** Whether a refused choice leaves what was shown as it is. */
export function leavesCard(problem: Problem): boolean {
  return STAYS.includes(problem.code)
}

export function isSessionGone(problem: Problem): boolean {
  return problem.code.startsWith('session.') || problem.status === 401
}

/** Whether the money may have moved although no answer said so. A refusal is an answer, whatever its status. */
export function isLost(problem: Problem): boolean {
  return problem.code.startsWith('net.') || problem.code === 'fault'
}
