// Made from docs/api/openapi.json by scripts/client.mjs. Change the server's shapes, then: npm run client -w shared

import type { Money } from './shapes'
import type { NoticeCategory, NoticeDigest, NoticeSides, PayFactors, PaySpeed, PayStep, Shown, Truth } from './words'

/** One gift as its certificate tells it. */
export interface Certificate {
  amount: Money | null
  anonymous: boolean
  /** Milliseconds UTC. */
  at_ms: number
  /**
   * Where anyone may check it, and the rows of its QR code from the top, each as hex digits, the first dot highest; empty for
   * an old one.
   */
  check_url: string
  fundraiser: string
  id: string
  /** The lamp's number; none for money. */
  lamp: number | null
  licence: string
  project: string
  qr: string[]
  serial: string
  /** 500 分 = 给孩子一节康复课; empty for money. */
  share: string
  /** Taken back: there is no certificate of it. */
  voided: boolean
  /** What was given: `500 积分`, `50.00 元`. */
  what: string
}
export interface Certificates {
  institution: string
  /** The latest first. */
  items: Certificate[]
  /** `*芳`; empty when the core does not say now. */
  name_masked: string
  /** The one to be opened; empty for the newest. */
  opened: string
}
/** What a receiving code can be made of. */
export interface Collect {
  accounts: CollectAccount[]
  /** The sum that the chat knows already. */
  amount: Money | null
}
/** An account that can be paid into, or out of. */
export interface CollectAccount {
  id: string
  /** 借记卡8821 */
  name: string
}
export interface CollectCode {
  /** 借记卡8821 */
  account: string
  amount: Money | null
  /** The code's rows from the top, `1` is dark. */
  dots: string[]
  id: string
  /** *芳 */
  name_masked: string
  note: string
  /** Milliseconds UTC; null: until it is changed. */
  until_ms: number | null
  /** What stands in it. */
  url: string
}
export interface CollectEnded {
  /** Codes that work no more. */
  ended: number
}
export interface NoticeAccount {
  category: NoticeCategory
  digest: NoticeDigest
  has_balance: boolean
  id: string
  is_on: boolean
  /** Below it nothing is told; 0: everything is. */
  least_fen: number
  /** 借记卡8821 */
  name: string
  sides: NoticeSides
}
/** Minutes of the day in China; may go over midnight. */
export interface NoticeQuiet {
  from_minute: number
  to_minute: number
}
export interface NoticeWays {
  category: NoticeCategory
  /** Null where they never said: then only money that went out is texted, when WeChat cannot tell it. */
  sms: boolean | null
  wechat: boolean
}
/** How notices stand. */
export interface Notices {
  accounts: NoticeAccount[]
  /** From then on what comes in and goes on is told again; none where nothing is paused. */
  paused_until_ms: number | null
  /** None where the customer set none. Money that goes out is told at any hour. */
  quiet: NoticeQuiet | null
  ways: NoticeWays[]
}
/** What the chat knows of a payee who is not in the book. */
export interface PayAsked {
  amount: Money | null
  bank: string
  name: string
}
export interface PayBank {
  /** 支付系统行号 */
  bank_no: string
  name: string
}
export interface PayBanks {
  items: PayBank[]
}
/** What is to be confirmed. */
export interface PayCard {
  /** An equal one was paid minutes ago: it must be wished for explicitly. */
  again: boolean
  amount: Money
  /** 伍佰元整 */
  amount_words: string
  /** 马上到; of what is paid later, when. */
  arrival: string
  /** What may be spent; none when the core does not say now. */
  available: Money | null
  /** What is done, in one character: 转, 还, 交, 捐, 存, 取, 买, 赎, 约, 借, 分. */
  deed: string
  factors: PayFactors
  fee: Money
  /** Comes back with every call: what is confirmed is what was shown. */
  intent: string
  /** It is paid later: an order is confirmed, and nothing leaves now. */
  is_later: boolean
  /** The sum is the most that is paid at once: an agreement is signed. */
  is_limit: boolean
  is_new_payee: boolean
  /** It stays with the customer: nobody can have talked them into it. */
  is_own: boolean
  mobile_masked: string
  /** A code is asked for because nothing was proved on this phone yet, and of nothing else. */
  new_phone: boolean
  /** What the bank must say of it before it is confirmed, a sentence each (产品说明). */
  notes: string[]
  payee_bank: string
  payee_name: string
  payee_tail: string
  /** 借记卡8821 */
  payer: string
  purpose: string
  /** When it goes out, where that may be chosen here. */
  speed: PaySpeed | null
  title: string
  /** To be read and confirmed; empty when there is nothing. */
  warning: string
}
/** What is typed at a machine besides the word; shown on the customer's own page only. */
export interface PayCash {
  /** Eight digits. */
  code: string
  /** `10:30` */
  until: string
  /** Milliseconds UTC. */
  until_ms: number
}
export interface PayPage {
  card: PayCard | null
  payee: PayAsked | null
  result: PayResult | null
  step: PayStep
}
export interface PayProved {
  proved: boolean
}
export interface PayResult {
  amount: Money
  amount_words: string
  /** `09:31`; empty while the core has not said. */
  at: string
  available: Money | null
  /** Cash that waits at the machine. */
  cash: PayCash | null
  /** What was done, in one character: 转, 还, 交, 捐, 存, 取, 买, 赎, 约, 借, 分. */
  deed: string
  fee: Money
  /** The sum is the most that is paid at once: an agreement was signed. */
  is_limit: boolean
  /** What happened to the money. */
  money: Truth
  payee_bank: string
  payee_name: string
  payee_tail: string
  payer: string
  /** A receipt can be had. */
  receipt: boolean
  /** 受理号 */
  serial: string
  state: Shown
  title: string
  words: string
}
/** What a payer who opened a code reads. */
export interface PayTo {
  /** What it may be paid from; empty while the payer is not bound here. */
  accounts: CollectAccount[]
  /** Null: the payer says how much. */
  amount: Money | null
  /** 陵溪农村商业银行 */
  bank: string
  /** *芳 */
  name_masked: string
  note: string
  /** The payer's own code. */
  own: boolean
}
/** A draft is made: the page of payments shows it from now on. */
export interface PayToMade {
  made: boolean
}
export interface Risk {
  /** What was found last; null before the first time. */
  last: RiskGrade | null
  /** How often it may be taken today. */
  left: number
  questions: RiskQuestion[]
}
export interface RiskGrade {
  is_good: boolean
  /** `R1到R2`: what may be bought. */
  range: string
  /** `C2 稳健型` */
  title: string
  /** `2027年11月27日`: good until the end of the day before. */
  until: string
  words: string
}
export interface RiskQuestion {
  answers: string[]
  words: string
}
