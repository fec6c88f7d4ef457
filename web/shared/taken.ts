// Made from docs/api/openapi.json by scripts/client.mjs. Change the server's shapes, then: npm run client -w shared

import type { NoticeQuiet, NoticeWays } from './paying'
import type { BindAim, CardWhat, NoticeDigest, NoticeSides, PaySpeed, PhotoKind, SettingLimit, SettingUse, StampedPaper, StampedPurpose, UndoWhat, Way } from './words'

export interface Agreed {
  consents: Consent[]
}
export type BTreeMap = Record<string, string>
/** One thing to set. The account is an account's `id`. */
export interface CardAsk {
  account: string
  /** The new limit. */
  amount_fen?: number
  what: CardWhat
}
export interface CardCode {
  ask: CardAsk
  code: string
}
export interface CardCodeWish {
  ask: CardAsk
  wish?: OtpWish
}
export interface CardOrder {
  ask: CardAsk
  cipher?: string | null
  key_id?: string | null
}
export interface CardTyped {
  ask: CardAsk
  /** SM2, C1C3C2, hex. */
  cipher: string
  key_id: string
}
export interface CaseName {
  /** A case's `id`. */
  id: string
}
export interface Code {
  code: string
}
/** A code that shall be shown. */
export interface CollectWish {
  /** An account's `id`. */
  account: string
  /** In fen; without it the payer says how much. */
  amount_fen?: number
  note?: string
}
/** What was agreed to. */
export interface Consent {
  id: string
  version: string
}
export interface ElderWish {
  on: boolean
}
export interface EntryDoubt {
  /** An account's `id`. */
  account: string
  /** An entry's `id`. */
  entry: string
}
/** One step's answers. */
export interface FormAnswers {
  /** By the name of the field. */
  answers: BTreeMap
  /** The customer goes on: the answers must fit. Else they are kept as they are. */
  done: boolean
  kind: string
  /** From 0. */
  step: number
}
/** Which form a code is wanted for, and how the code shall come. */
export interface FormCodeWish {
  kind: string
  wish?: OtpWish
}
/** A form handed in. */
export interface FormHandedIn {
  /** Empty for a form without one. */
  code?: string
  consents: Consent[]
  kind: string
}
/** A photo for one question of a form. */
export interface FormPicture {
  /** The name of the question. */
  field: string
  kind: string
  /** JPEG or PNG in base64, at most two megabytes. */
  picture: string
}
/** Which photo is taken back. */
export interface FormPictureName {
  field: string
  id: string
  kind: string
}
export interface IdentityForm {
  aim?: BindAim
  /** Of a card or of a passbook: who has no card has one of these. */
  card_no: string
  /** Agreed to before any of this was typed. */
  consents?: Consent[]
  id_no: string
  mobile: string
  name: string
  /** The customer agreed to be served by the bank the card belongs to. */
  switch?: boolean
}
export interface NoticeAccountWish {
  digest?: NoticeDigest
  has_balance?: boolean
  id: string
  is_on?: boolean
  least_fen?: number
  sides?: NoticeSides
}
/** Null hours end quiet hours. */
export interface NoticeQuietWish {
  hours?: NoticeQuiet | null
}
export interface NoticesWish {
  accounts?: NoticeAccountWish[]
  /** A rest until so many days after today are over, to 31; 0 ends one. */
  pause_days?: number
  quiet?: NoticeQuietWish
  ways?: NoticeWays[]
}
/** What the customer answered. */
export interface OtpReply {
  id: string
  value: string
}
/** How a code shall come, and the answer to the question that came instead of one. */
export interface OtpWish {
  answer?: OtpReply
  way?: Way
}
export interface PayCode {
  code: string
  intent: string
}
export interface PayCodeWish {
  intent: string
  wish?: OtpWish
}
export interface PayOrder {
  intent: string
  pin: PayPin
  /** How long it was before the customer's eyes. */
  shown_ms?: number
  /** Reminders were read, and it is wished for all the same. */
  sure?: boolean
}
export interface PayPayee {
  /** Empty when the number tells it. */
  bank_no: string
  name: string
  number: string
  number_again: string
}
export interface PayPin {
  /** SM2, C1C3C2, hex. */
  cipher: string
  key_id: string
}
export interface PayToOrder {
  /** An account's `id`. */
  account: string
  /** In fen, where the code names no sum. */
  amount_fen?: number
}
/** When a payment that was shown shall go out. */
export interface PayWhen {
  /** Of what was shown. */
  intent: string
  speed: PaySpeed
}
/** The word for the machine, typed twice. */
export interface PayWord {
  word: string
  word_again: string
}
/** A photo on its way in. */
export interface Photo {
  /** Agreed to before the photo was taken. */
  consents?: Consent[]
  kind: PhotoKind
  /** JPEG or PNG in base64, at most two megabytes. */
  picture: string
}
export interface PrivacyCode {
  code: string
}
export interface RiskOrder {
  /** The place of each answer, from 0. */
  answers: number[]
  /** SM2, C1C3C2, hex. */
  cipher: string
  key_id: string
}
export interface SealedPin {
  /** SM2, C1C3C2, hex. */
  cipher: string
  consents: Consent[]
  key_id: string
}
export interface SettingCode {
  ask: SettingWanted
  code: string
}
export interface SettingCodeWish {
  ask: SettingWanted
  wish?: OtpWish
}
/** A change with its PIN, where it needs one. */
export interface SettingOrder {
  ask: SettingWanted
  pin?: SettingPin
}
export interface SettingPin {
  /** SM2, C1C3C2, hex. */
  cipher: string
  key_id: string
}
/** One change of one account; the account is an account's `id`, empty where none is meant. */
export interface SettingWanted {
  account?: string
  wish: SettingWish
}
/** What shall be changed or seen. Amounts in fen. */
export type SettingWish =
  | { from: number; on: SettingUse; set: 'lock'; to: number }
  | { on: SettingUse; set: 'unlock' }
  | { cap_fen: number; is_on: boolean; set: 'no_pass' }
  | { no: number; set: 'end_agreement' }
  | { day_fen?: number; on: SettingLimit; set: 'limit'; single_fen?: number }
  | { is_on: boolean; set: 'by_mobile' }
  | { deposit: string; renew: boolean; set: 'renew' }
  | { amount_fen?: number; deposit: string; give: boolean; set: 'notice' }
  | { gift: string; set: 'gift' }
  | { exchange: string; set: 'exchange' }
  | { set: 'see_assets' }
  | { set: 'see_guarantees' }
/** Which account and which days. */
export interface StampedAsk {
  /** An account's `id`. */
  account: string
  /** English beside the Chinese. */
  english?: boolean
  /** An entry of the account, for a receipt. */
  entry?: string
  /** First day, `YYYY-MM-DD`. */
  from?: string
  /** More about it: at most 20 letters, printed beside it. */
  note?: string
  /** What paper; a receipt names its entry, and only a statement a span. */
  paper?: StampedPaper
  /** What for; printed on the paper as the customer's own words. */
  purpose?: StampedPurpose | null
  /** Last day, included. */
  to?: string
}
/** Which statement a code is wanted for, and how the code shall come. */
export interface StampedCodeWish {
  ask: StampedAsk
  wish?: OtpWish
}
export interface StampedOrder {
  ask: StampedAsk
  /** The code that came by text message or call. */
  code: string
}
/** One thing to undo. The account is an account's `id`; empty for the freeze. */
export interface UndoAsk {
  account?: string
  what: UndoWhat
}
export interface UndoCode {
  ask: UndoAsk
  code: string
}
export interface UndoCodeWish {
  ask: UndoAsk
  wish?: OtpWish
}
export interface UndoPin {
  ask: UndoAsk
  /** SM2, C1C3C2, hex. */
  cipher: string
  key_id: string
}
export interface WxPinCode {
  code: string
}
export interface WxPinFace {
  consents: Consent[]
}
/** What only the customer knows, as typed. */
export interface WxPinKnown {
  /** The last four digits of a card or passbook that is bound. */
  card_tail: string
  /** The last six characters of the identity number. */
  id_last6: string
}
export interface WxPinNew {
  /** SM2, C1C3C2, hex. */
  cipher: string
  key_id: string
}
