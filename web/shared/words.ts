// Made from docs/api/openapi.json by scripts/client.mjs. Change the server's shapes, then: npm run client -w shared

export type AccountKind = 'debit' | 'passbook' | 'credit' | 'loan' | 'deposit'
export type AccountState = 'active' | 'no_out' | 'frozen' | 'lost' | 'locked' | 'dormant' | 'closed'
/** Where an agreement is asked for. */
export type AskedAt = 'card' | 'pin' | 'face'
/** What a customer who is bound in another WeChat wants; for everybody else it is to bind. */
export type BindAim = 'bind' | 'swap' | 'disown'
/** How far binding is. */
export type BindStep = 'card' | 'otp' | 'face' | 'pin' | 'done' | 'stopped'
/** What is to be set. */
export type CardWhat = 'activate' | 'pin' | 'query_pin' | 'till_pin' | 'till_no_pin' | 'lower' | 'raise' | 'raise_for_a_time' | 'close' | 'keep'
export type CaseState = 'draft' | 'submitted' | 'accepted' | 'need_more' | 'approved' | 'declined' | 'withdrawn' | 'expired'
export type FieldKind = 'text' | 'long' | 'choice' | 'amount' | 'number' | 'phone' | 'id_card' | 'date' | 'account' | 'branch' | 'line' | 'photo'
/** Which lines of a statement. */
export type Flow = 'all' | 'in' | 'out'
/** What a customer may switch by itself. */
export type NoticeCategory = 'account' | 'credit' | 'due' | 'progress' | 'security'
/** How arrivals of an account are told. */
export type NoticeDigest = 'each' | 'hour' | 'day'
/** Which movements of an account. */
export type NoticeSides = 'both' | 'in' | 'out'
export type PayFactors = 'pin' | 'code_and_pin'
/** When a transfer goes out: at once, or the next morning, until when it can be taken back. */
export type PaySpeed = 'at_once' | 'tomorrow'
export type PayStep = 'payee' | 'word' | 'confirm' | 'result'
/** What the photo is said to show. */
export type PhotoKind = 'bank_card' | 'id_card'
/** What a limit is on. */
export type SettingLimit = 'transfer' | 'cash' | 'payment'
/** What is proved before a change. */
export type SettingNeeds = 'nothing' | 'code' | 'pin' | 'code_and_pin'
/** Which use of an account. */
export type SettingUse = 'night' | 'abroad' | 'online' | 'stranger'
/** What the page is about. */
export type SettingWhat = 'locks' | 'no_pass' | 'quick_pay' | 'limits' | 'renewal' | 'by_mobile' | 'notice' | 'gift' | 'exchange' | 'assets' | 'guarantees'
/** Where a payment stands, as a page tells it. */
export type Shown = 'done' | 'accepted' | 'confirming' | 'failed' | 'ended' | 'returned' | 'reversed' | 'manual' | 'ordered'
/** Which paper is asked for. */
export type StampedPaper = 'statement' | 'receipt' | 'settled'
/** What the customer chose from the list. */
export type StampedPurpose = 'loan' | 'visa' | 'study' | 'housing' | 'relief' | 'work' | 'own' | 'other'
/** What happened to the money: the three truths, and that it came back. */
export type Truth = 'moved' | 'untouched' | 'unknown' | 'back' | 'later'
/** What is undone. */
export type UndoWhat = 'unlock' | 'lift_loss' | 'thaw'
/** How words reach a number. */
export type Way = 'text' | 'voice'
/** What comes next. */
export type WxPinStep = 'known' | 'code' | 'face' | 'pin' | 'choose' | 'ready' | 'open'
/** What is done about a PIN. */
export type WxPinWhat = 'reset' | 'unlock'
