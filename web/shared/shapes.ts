// Made from docs/api/openapi.json by scripts/client.mjs. Change the server's shapes, then: npm run client -w shared

import type { AccountKind, AccountState, AskedAt, BindAim, BindStep, CardWhat, CaseState, FieldKind, SettingLimit, SettingNeeds, SettingUse, SettingWhat, StampedPaper, StampedPurpose, UndoWhat, Way, WxPinStep, WxPinWhat } from './words'

export interface Account {
  /** Milliseconds UTC. */
  as_of: number
  /** What can be spent now; null where nothing is spent from it. */
  available: Money | null
  detail: Detail
  held: Money
  id: string
  is_usable: boolean
  kind: AccountKind
  /** What to call it, without a number. */
  label: string
  posted: Money
  state: AccountState
  /** The bank's own word for the state. */
  state_words: string
  /** The last four characters of its number. */
  tail: string
}
export interface AccountName {
  id: string
  label: string
  tail: string
}
export interface Accounts {
  items: Account[]
}
export interface Agreement {
  at: AskedAt
  id: string
  text: string
  title: string
  version: string
}
export interface Bind {
  /** Null until something is bound. */
  accounts: BoundAccount[] | null
  /** Only what is not agreed to yet, each with the step that asks for it. */
  agreements: Agreement[]
  /** Other than `bind` only of a customer bound in another WeChat. `swap`: a face is checked, the PIN is proved, not set. */
  aim: BindAim
  /** A face check was begun: its result can be asked for. */
  face_begun: boolean
  /** Tries left today for the identity check. */
  left: number
  mobile_masked: string | null
  otp: OtpLive | null
  /** A photo of the card can be read instead of typing its number. */
  photo: boolean
  /** A request from before binding waits, and the chat goes on with it. */
  resumed: boolean
  step: BindStep
  /** At `stopped`: the number of the case and by when it is answered. */
  stopped: string | null
}
export interface Bound {
  accounts: BoundAccount[]
  /** The request made before binding is being answered in chat. */
  resumed: boolean
  step: 'done'
}
export interface BoundAccount {
  kind: AccountKind
  label: string
  tail: string
}
/** The last bill of a credit card. */
export interface CardBill {
  amount: Money
  billed_on: string
  due_on: string
  minimum: Money
}
/** What each thing needs before it is done. */
export interface CardNeeds {
  code: boolean
  digits: boolean
  new_pin: boolean
  /** The WeChat PIN. */
  own_pin: boolean
}
export interface CardPage {
  /** The card that was named in chat; empty when none was. */
  account: string
  /** The limit that was named in chat. */
  amount: Money | null
  cards: CardShown[]
  /** Where the code goes; empty when the core does not say now. */
  mobile_masked: string
  what: CardWhat
}
export interface CardProved {
  /** What is still to be proved. */
  needs: CardNeeds
  proved: boolean
}
export interface CardResult {
  /** False while the core has not answered: the rest is said in chat. */
  done: boolean
  words: string
}
export interface CardShown {
  active: boolean
  /** 凭密消费 */
  asks_pin: boolean
  /** `YYYY-MM-DD`, while it is being closed. */
  closes_on: string | null
  id: string
  limit: Money
  /** 信用卡3312 */
  name: string
  raised_until: string | null
  /** A limit may not be below this. */
  used: Money
}
export interface Case {
  answers: CaseAnswer[]
  bring: string[]
  by: string
  can_fill: boolean
  can_urge: boolean
  can_withdraw: boolean
  /** 11月25日; null when nothing is promised any more. */
  due: string | null
  /** Oldest first. */
  events: CaseEvent[]
  id: string
  kind: string
  /** As it is read out; null for a draft. */
  number: string | null
  /** Nothing more will happen. */
  over: boolean
  state: CaseState
  /** 正在办 */
  state_name: string
  title: string
  /** How it stands, in a sentence or two. */
  words: string
}
export interface CaseAnswer {
  label: string
  value: string
}
export interface CaseEvent {
  at_ms: number
  name: string
  words: string
}
export interface Cases {
  /** Newest first. */
  items: Case[]
}
/** What became of an identity check that was not refused. */
export type CheckAnswer =
  | Checked
  | Moved
export interface Checked {
  aim: BindAim
  mobile_masked: string
  step: 'otp'
}
/** What only this kind of account has; days are `YYYY-MM-DD`. */
export type Detail =
  | { kind: 'demand' }
  | { bill: CardBill | null; kind: 'credit'; limit: Money; used: Money }
  | { ends_on: string | null; kind: 'loan'; next: LoanDue | null; outstanding: Money; principal: Money; rate_bp: number }
  | { interest: Money; kind: 'deposit'; matures_on: string | null; rate_bp: number }
export interface Done {
  done: boolean
}
/** What was written down of an entry that its customer does not know. */
export interface Doubted {
  /** The case's number and by when it is answered; or that it is to be told by telephone. */
  case: string
  /** The entry in one line. */
  what: string
}
export interface Draft {
  answers: Record<string, string>
  /** What more an officer asks for; empty for nothing. */
  asked: string
  /** Steps that are done. */
  at_step: number
  /** A draft is kept until then; null for one that was handed in before. */
  ends_at_ms: number | null
  saved_at_ms: number
  /** The same as a person reads it. */
  shown: Record<string, string>
}
export interface ElderMode {
  on: boolean
}
export interface Entry {
  amount: Money
  at_ms: number
  /** What the account held after it. */
  balance: Money
  /** Masked when a person; empty when there is none. */
  counterparty: string
  direction: 'in' | 'out'
  /** One sentence that explains it, or empty. */
  explain: string
  id: string
  label: string
  summary: string
}
/** Where a face is checked: the page of the company that does it, which comes back to ours. */
export interface FaceBegun {
  url: string
}
/** The face is the customer's. */
export interface FaceRight {
  step: 'pin'
}
/** A form with what is known already. */
export interface Form {
  bring: string[]
  /** Who decides. */
  by: string
  /** A code confirms the submission. */
  code: boolean
  /** Texts agreed to at the end, each by itself; those agreed to before are left out. */
  consents: FormConsent[]
  /** Null until the first answer is kept. */
  draft: Draft | null
  /** It was handed in and is not the customer's turn: see the cases instead. */
  handed_in: boolean
  intro: string
  kind: string
  steps: FormStep[]
  title: string
  /** 3个工作日 */
  within: string
}
export interface FormChoice {
  label: string
  value: string
}
export interface FormConsent {
  id: string
  text: string
  title: string
  version: string
}
export interface FormField {
  help: string
  kind: FieldKind
  label: string
  /** Characters of a text; 0 where it does not matter. */
  max_chars: number
  /** Photographs at most; 0 for every other kind. */
  max_pictures: number
  name: string
  options: FormChoice[]
  required: boolean
  unit: string
  /** Asked only when another answer is one of these. */
  when: FormWhen | null
}
/** The photos of one question, by name, in the order they came. */
export interface FormPictures {
  pictures: string[]
  saved_at_ms: number
}
/** How saving one step ended. */
export interface FormSaved {
  at_step: number
  saved_at_ms: number
  shown: Record<string, string>
}
export interface FormStep {
  fields: FormField[]
  title: string
  words: string
}
export interface FormWhen {
  field: string
  is: string[]
}
export interface GivenConsent {
  /** Withdrawing it ends the binding. */
  carries_the_binding: boolean
  /** Milliseconds UTC. */
  given_at_ms: number
  id: string
  title: string
  version: string
}
export interface Institution {
  /** `#rrggbb`, or empty for the house's green. */
  color: string
  name: string
  /** The service line people may call. */
  phone: string
  /** Two to four characters for small places. */
  short: string
}
/** The next instalment of a loan. */
export interface LoanDue {
  amount: Money
  on: string
}
/** An amount of CNY in fen. */
export interface Money {
  fen: number
}
/** The card belongs to another bank, which serves the customer from now on: binding starts anew on its page. */
export interface Moved {
  bank: string | null
  /** Path of the new session's bind page. */
  redirect: string
  step: 'card'
}
export interface OfficialAccount {
  name: string
}
/** A code that was sent and still counts. */
export interface OtpLive {
  expires_in_s: number
  resend_after_s: number
  sent: boolean
  /** From then on a call may be asked for. */
  voice_after_s: number
  way: Way
}
export interface OtpRight {
  step: 'face' | 'pin' | 'stopped' | 'card'
}
export interface OtpSent {
  expires_in_s: number
  resend_after_s: number
  /** From then on a call may be asked for. */
  voice_after_s: number
  way: Way
}
export interface PaperFact {
  name: string
  value: string
}
/** Where a paper is checked, to be drawn as a square code. */
export interface PaperMark {
  /** The square code: a string of `0` and `1` a row. */
  rows: string[]
  url: string
}
/** What a paper is about, before it is made. */
export interface PaperPage {
  account: string
  entry: string
  /** What will stand on it, in order. */
  facts: PaperFact[]
  /** The paper, where it is made already. */
  file: StampedFile | null
  mobile_masked: string
  paper: StampedPaper
}
/** What the page gets. */
export interface PinKey {
  expires_in_s: number
  key_id: string
  /** The ten digits in the order the keypad shows them. */
  layout: number[]
  nonce: string
  /** Our clock, for the ciphertext's `ts`: the page's own may be off. */
  now_ms: number
  openid_hash: string
  /** Uncompressed point, hex `04…`. */
  public_key: string
}
export interface Privacy {
  /** What the customer agreed to and has not withdrawn. */
  consents: GivenConsent[]
  /** The copy that can be opened or is being made. */
  export: PrivacyExport | null
}
export interface PrivacyExport {
  /** Until when it may be opened, milliseconds UTC. */
  ends_at_ms: number
  ready: boolean
}
export interface PrivacyToken {
  /** The same as JSON; one of both can be opened with this token. */
  json_url: string
  /** Where the copy is, to be read; good once. */
  page_url: string
}
/** Every refusal, and a fault of ours: a code for programs, words for the customer, a number for the log. */
export interface ProblemBody {
  /** The bank that could serve instead. */
  bank?: string
  code: string
  /** What is wrong with answers on a form, by their names. */
  fields?: Record<string, string>
  /** Tries that are left. */
  left?: number
  /** To be answered before another code is sent. */
  question?: Question
  retry_after_s?: number
  trace: string
  words: string
}
/** What was read, for the customer to check before it is sent. */
export interface Proposed {
  /** Null where none is printed or it could not be read. */
  name: string | null
  number: string
}
/** What the page shows. */
export interface Question {
  id: string
  /** The same as a picture, in a `data:` address. */
  picture: string
  words: string
}
/** What every page of a session shares. */
export interface Session {
  /** The Official Account the customer came from. */
  account: OfficialAccount
  bound: boolean
  elder: boolean
  followed: boolean
  /** Null until the follower's home bank is known. */
  institution: Institution | null
  page: string
  /** Pages offer to be read aloud. */
  reads: boolean
  reads_slowly: boolean
  /** What the customer asked for in chat before this page opened; it goes on by itself after binding. */
  task: Task | null
  /** Opaque and stable for one person at one bank: what a browser keeps, it keeps under this. */
  who: string
}
export interface Setting {
  /** The account the rows are about; empty where none is meant or one is to be chosen. */
  account: string
  /** What can be chosen from. */
  accounts: SettingAccount[]
  /** Where a code goes; empty when the core does not say now. */
  mobile_masked: string
  rows: SettingRow[]
  what: SettingWhat
}
export interface SettingAccount {
  id: string
  /** 借记卡8821 */
  name: string
}
/** One line of what changes: how it is, and how it will be. */
export interface SettingChange {
  new: string
  old: string
  title: string
}
export interface SettingDone {
  /** False while it is not known or not yet due: the rest is said in chat. */
  done: boolean
  /** What was asked to be shown. */
  lines: SettingLine[]
  words: string
}
export interface SettingLimitRow {
  day_fen: number | null
  most_day_fen: number | null
  most_single_fen: number | null
  on: SettingLimit
  single_fen: number | null
}
/** A line that was asked for: 活期 4,487.00 元. */
export interface SettingLine {
  title: string
  words: string
}
export interface SettingLock {
  from: number
  is_locked: boolean
  on: SettingUse
  to: number
}
export interface SettingLook {
  /** Hours until it holds once it was proved; 0 is at once. */
  after_hours: number
  changes: SettingChange[]
  needs: SettingNeeds
}
export interface SettingNoPass {
  cap_fen: number
  is_on: boolean
  most_fen: number
}
export interface SettingProved {
  proved: boolean
}
/** One thing that can be changed, as it stands. */
export interface SettingRow {
  /** A platform's number. */
  agreement: number | null
  /** 手机号收款: whether it is on. */
  by_mobile: boolean | null
  limit: SettingLimitRow | null
  /** A lock, and its hours; both null when it does not stand. */
  lock: SettingLock | null
  no_pass: SettingNoPass | null
  title: string
  /** How it stands, in words. */
  words: string
}
export interface StampedFile {
  /** 借记卡 尾号6688 */
  account: string
  /** The code on the paper. */
  check_code: string
  /** How often this receipt or proof was made, this time included; zero for a statement. */
  copy: number
  /** Until when it may be opened, milliseconds UTC. */
  ends_at_ms: number
  english: boolean
  from: string
  id: string
  paper: StampedPaper
  purpose: StampedPurpose | null
  to: string
  /** Where the file is; null while it is being made. */
  url: string | null
}
export interface StampedFiles {
  /** Newest first. */
  items: StampedFile[]
}
export interface Statement {
  /** Whose entries these are, and whose else could be asked for. */
  account: AccountName
  accounts: AccountName[]
  /** Milliseconds UTC. */
  as_of: number
  /** Latest first. */
  items: Entry[]
  /** Months that can be asked for, newest first, `YYYY-MM`. */
  months: string[]
  /** The `cursor` of the next page; null on the last. */
  next: string | null
  totals: Totals
}
export interface Stopped {
  id: string
  /** 借记卡8821 */
  name: string
}
export interface Task {
  kind: string
  title: string
  /** What the chat knows already about what the page will ask. */
  with: Record<string, string>
}
export interface Totals {
  count: number
  in: Money
  out: Money
}
export interface Undo {
  /** What can be undone; empty for the freeze, and where nothing is stopped. */
  accounts: Stopped[]
  frozen: boolean
  /** Where the code goes; empty when the core does not say now. */
  mobile_masked: string
  what: UndoWhat
}
export interface UndoDone {
  /** False while the core has not answered: the rest is said in chat. */
  done: boolean
  words: string
}
export interface UndoProved {
  proved: boolean
}
export interface WxPin {
  /** What is agreed to before a face is checked. */
  agreements: Agreement[]
  /** A face is asked for, or can be. */
  face: boolean
  face_begun: boolean
  /** The PIN was set once. */
  is_set: boolean
  /** Until when it is locked, milliseconds UTC; null when it is not. */
  locked_until_ms: number | null
  /** Where a code goes; empty when the core does not say now. */
  mobile_masked: string
  step: WxPinStep
  what: WxPinWhat
}
export interface WxPinDone {
  words: string
}
export interface WxPinMoved {
  step: WxPinStep
}
