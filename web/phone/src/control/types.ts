// The shapes of the simulator's control API. Times are simulated milliseconds UTC, ids are opaque strings.

export interface Weather {
  delay_ms: number
  drop_percent: number
  duplicate_percent: number
  reorder: boolean
  truncate_percent: number
  api_busy_percent: number
  api_5xx_percent: number
  api_truncate_percent: number
  api_delay_ms: number
  /** Calls of this one account take so much longer. */
  slow_appid: string
  slow_ms: number
  /** Companies the bank buys from: photos read, faces checked. */
  vendor_delay_ms: number
  vendor_5xx_percent: number
  vendor_truncate_percent: number
  /** The bank's core: slow, not to be reached, payments done whose answer is lost. */
  core_delay_ms: number
  core_outage: boolean
  core_lost_answer_percent: number
}

export interface MenuButton {
  name: string
  type?: string
  key?: string
  url?: string
  sub_button?: MenuButton[]
}

export interface Menu {
  button: MenuButton[]
}

export interface Account {
  appid: string
  name: string
  original_id: string
  kind: 'service' | 'subscription'
  verified: boolean
  mode: 'secure' | 'compat' | 'plain'
  by: 'direct' | 'component'
  color: string
  avatar: string
  callback_url: string
  menu: Menu | null
  mark_fail_until_ms: number | null
  intro: string
  /** The one template of its one-time messages. */
  once_template: string
}

export interface User {
  id: string
  name: string
  avatar: string
  color: string
  note: string
  /** What stands on the cards in this customer's pocket. */
  papers?: Papers | null
}

export interface Papers {
  bank: string
  card_no: string
  name: string
  id_no: string
}

/** A picture in base64 and what stands on it, for the company that reads photos. */
export interface Shown {
  picture: string
  shows: 'bank_card' | 'id_card' | 'bill' | 'other'
  number?: string
  name?: string
  bills?: { fee: string; number: string; fen: number }[]
}

export interface WorldState {
  now_ms: number
  clock_movable: boolean
  weather: Weather
  accounts: Account[]
  users: User[]
}

/** One piece of a text bubble, split by the simulator so that the page never parses HTML. */
export type Part =
  | { t: 'text'; text: string }
  | { t: 'menu'; text: string; id: string }
  | { t: 'link'; text: string; href: string }

export interface Article {
  title: string
  description: string
  pic_url: string
  url: string
}

export type ItemKind =
  | 'text'
  | 'image'
  | 'voice'
  | 'video'
  | 'location'
  | 'link'
  | 'news'
  | 'music'
  | 'msgmenu'
  | 'template'
  | 'notice'
  | 'card'
  | 'tip'

export type ItemState = 'sending' | 'sent' | 'failed'

export interface Item {
  id: string
  at_ms: number
  side: 'user' | 'account' | 'system'
  kind: ItemKind
  text?: string | null
  parts?: Part[] | null
  image_url?: string | null
  seconds?: number | null
  recognition?: string | null
  location?: { x: number; y: number; label: string } | null
  articles?: Article[] | null
  menu?: { head: string; items: { id: string; content: string }[]; tail: string } | null
  template?: {
    title: string
    rows: { name: string; value: string }[]
    url: string
    first?: string | null
    remark?: string | null
  } | null
  /** The account a subscription notice is from. */
  from?: string | null
  /** The 客服 agent who wrote it, when it is not from the account as such. */
  agent?: string | null
  state: ItemState
}

/** The chat that shows subscription notices to those who do not follow. */
export const NOTICE_CHAT = 'service-notices'

/** A template of subscription notices, and what one customer agreed to. */
export interface NoticeTemplate {
  template_id: string
  title: string
  /** 2 one-time, 3 long-term. */
  type: number
  consent: { left: number; always: boolean }
}

export interface Agent {
  kf_account: string
  nick: string
  /** Whether a person stands behind it. */
  bound: boolean
  invited: string | null
  online: boolean
  /** Takes waiting customers without being asked. */
  auto: boolean
}

/** WeChat's own customer-service desk of one account. */
export interface ServiceDesk {
  agents: Agent[]
  waiting: { uid: string; since_ms: number }[]
  /** `forwards`: the customer's messages go to the agent and not to the bank. */
  sessions: { uid: string; kf_account: string; since_ms: number; forwards: boolean }[]
}

export type Deed =
  | { do: 'status'; online: boolean; auto: boolean }
  | { do: 'answer_invite'; accept: boolean }
  | { do: 'take'; uid: string }
  | { do: 'say'; uid: string; text: string }
  | { do: 'close'; uid: string }

export interface ChatState {
  openid: string
  followed: boolean
  typing: boolean
  items: Item[]
  window: { until_ms: number | null; left: number | null } | null
  /** The menu this customer sees: a conditional one, or the account's own. */
  menu?: Menu | null
}

/** How one delivery to the bank ended. */
export interface Ended {
  attempts: number
  outcome: 'replied' | 'acked' | 'failed'
  elapsed_ms: number
  note: string
}

/** One probe of 全网发布检测. */
export interface Check {
  name: string
  passed: boolean
  words: string
}

/** What a customer can put into a chat. */
export type Outgoing =
  | { type: 'text'; content: string; bizmsgmenuid?: string }
  | { type: 'voice'; seconds: number; recognition: string | null }
  | { type: 'location'; x: number; y: number; scale: number; label: string }
  | { type: 'image'; name?: string; picture?: string }
  | { type: 'video' }
  | { type: 'link'; title: string; description: string; url: string }
  | { type: 'click'; key: string }
  | { type: 'view'; url: string; menu_id?: string }
  /** `{to}`, `{from}`, `{now}` and `{msg_id}` in the text are filled in. */
  | { type: 'raw'; xml: string }

export interface Sms {
  id: string
  at_ms: number
  /** A message, or a call that reads the words out. */
  way: 'text' | 'voice'
  to: string
  text: string
}

export type ExchangeKind = 'push' | 'api' | 'oauth' | 'component' | 'sms' | 'vendor'

export interface Exchange {
  id: string
  at_ms: number
  kind: ExchangeKind
  /** Empty when the exchange belongs to no account. */
  appid: string
  uid: string
  method: string
  url: string
  /** From 1; 0 where there is only one. */
  attempt: number
  request_body: string
  /** Null when the body was not encrypted. */
  request_plain: string | null
  /** 0 when nobody answered. */
  status: number
  response_body: string
  response_plain: string | null
  elapsed_ms: number
  outcome: string
  note: string
}

export type ControlEvent =
  | { kind: 'item'; appid: string; uid: string; item: Item }
  | { kind: 'typing'; appid: string; uid: string; on: boolean }
  | { kind: 'menu'; appid: string }
  | { kind: 'clock'; now_ms: number }
  | { kind: 'sms'; sms: Sms }
  | { kind: 'exchange'; exchange: Exchange }
  | { kind: 'weather'; weather: Weather }
  | { kind: 'desk'; appid: string }
  | { kind: 'state' }
