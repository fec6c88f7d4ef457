// Made from docs/api/openapi.json by scripts/client.mjs. Change the server's shapes, then: npm run client -w shared

import type { Client } from './client'
import type { Accounts, Bind, Bound, CardPage, CardProved, CardResult, Case, Cases, CheckAnswer, Done, Doubted, ElderMode, FaceBegun, FaceRight, Form, FormPictures, FormSaved, OtpRight, OtpSent, PaperMark, PaperPage, PinKey, Privacy, PrivacyExport, PrivacyToken, Proposed, Session, Setting, SettingDone, SettingLook, SettingProved, StampedFile, StampedFiles, Statement, Undo, UndoDone, UndoProved, WxPin, WxPinDone, WxPinMoved } from './shapes'
import type { Certificates, Collect, CollectCode, CollectEnded, Notices, PayBanks, PayPage, PayProved, PayResult, PayTo, PayToMade, Risk, RiskGrade } from './paying'
import type { Agreed, CardCode, CardCodeWish, CardOrder, CardTyped, CaseName, Code, CollectWish, ElderWish, EntryDoubt, FormAnswers, FormCodeWish, FormHandedIn, FormPicture, FormPictureName, IdentityForm, NoticesWish, OtpWish, PayCode, PayCodeWish, PayOrder, PayPayee, PayToOrder, PayWhen, PayWord, Photo, PrivacyCode, RiskOrder, SealedPin, SettingCode, SettingCodeWish, SettingOrder, SettingWanted, StampedCodeWish, StampedOrder, UndoCode, UndoCodeWish, UndoPin, WxPinCode, WxPinFace, WxPinKnown, WxPinNew } from './taken'
import type { Flow } from './words'

export * from './client'
export * from './paying'
export * from './shapes'
export * from './taken'
export * from './words'

export interface FormAsk {
  /** A form's name: `cc_apply`. */
  kind: string
}

export interface PayBanksAsk {
  /** Words of the bank's name. */
  q: string
}

export interface SettingAsk {
  /** An account's `id`; the only one when empty. */
  account?: string
}

export interface PaperMarkAsk {
  /** A file's `id`. */
  id: string
}

export interface StatementAsk {
  /** An account's `id`; the first one when empty. */
  account?: string
  /** `YYYY-MM`, one of `months`; this month when empty. */
  month?: string
  flow?: Flow
  /** Words or an exact amount that must occur. */
  q?: string
  /** `next` of the page before. */
  cursor?: string
}

/** The customer pages' calls, one method each. */
export function customerApi({ call, serverNow }: Client) {
  return {
    serverNow,
    /** Accounts of the binding, each with what it holds now. */
    accounts: (signal?: AbortSignal) => call<Accounts>('accounts', { signal }),
    /** What changed since binding is agreed to; what waited for it goes on. */
    agree: (body: Agreed, signal?: AbortSignal) => call<Done>('agree', { body, signal }),
    /** Which step binding is at, and what is known. */
    bind: (signal?: AbortSignal) => call<Bind>('bind', { signal }),
    /** Step one: whose card is it? */
    check: (body: IdentityForm, signal?: AbortSignal) => call<CheckAnswer>('bind/check', { body, signal }),
    /** Before a binding moves here: begins a face check. */
    beginFace: (body: Agreed, signal?: AbortSignal) => call<FaceBegun>('bind/face', { body, signal }),
    /** How the face check went, by the word of the company that did it. */
    faceResult: (signal?: AbortSignal) => call<FaceRight>('bind/face/result', { body: {}, signal }),
    /** Step two, second half: the code that came. */
    checkOtp: (body: Code, signal?: AbortSignal) => call<OtpRight>('bind/otp', { body, signal }),
    /** Step two, first half: sends a code. */
    sendOtp: (body: OtpWish, signal?: AbortSignal) => call<OtpSent>('bind/otp/send', { body, signal }),
    /** Reads a photo of a card or a document; what it finds is for the form, where the customer checks it. */
    readPhoto: (body: Photo, signal?: AbortSignal) => call<Proposed>('bind/photo', { body, signal }),
    /** Step three: the PIN, sealed, and what is agreed to. */
    setPin: (body: SealedPin, signal?: AbortSignal) => call<Bound>('bind/pin', { body, signal }),
    /** The cards, and what was asked for in chat. */
    card: (signal?: AbortSignal) => call<CardPage>('card', { signal }),
    /** The code that came. */
    checkCardCode: (body: CardCode, signal?: AbortSignal) => call<CardProved>('card/check', { body, signal }),
    /** Sends a code for one thing to set. */
    sendCardCode: (body: CardCodeWish, signal?: AbortSignal) => call<OtpSent>('card/code', { body, signal }),
    /** The three digits on the back, sealed. */
    checkCardDigits: (body: CardTyped, signal?: AbortSignal) => call<CardProved>('card/digits', { body, signal }),
    /** Does it, with a sealed PIN where one is needed. */
    doWithCard: (body: CardOrder, signal?: AbortSignal) => call<CardResult>('card/do', { body, signal }),
    /** The customer's cases with what happened to each. */
    cases: (signal?: AbortSignal) => call<Cases>('cases', { signal }),
    /** Asks how long it takes, once a day; whoever decides sees it. */
    urgeCase: (body: CaseName, signal?: AbortSignal) => call<Case>('cases/urge', { body, signal }),
    /** Takes a case back. */
    withdrawCase: (body: CaseName, signal?: AbortSignal) => call<Case>('cases/withdraw', { body, signal }),
    /** Certificates of what the customer gave. */
    certificates: (signal?: AbortSignal) => call<Certificates>('certificates', { signal }),
    /** What the customer can show. */
    collect: (signal?: AbortSignal) => call<Collect>('collect', { signal }),
    /** Every code of the customer's stops working. */
    endCollect: (signal?: AbortSignal) => call<CollectEnded>('collect/end', { body: {}, signal }),
    /** A code to show; asked again for the same without a sum it is the same code. */
    makeCollect: (body: CollectWish, signal?: AbortSignal) => call<CollectCode>('collect/make', { body, signal }),
    /** Turns large words on or off. */
    setElder: (body: ElderWish, signal?: AbortSignal) => call<ElderMode>('elder', { body, signal }),
    /** A form with what is kept of it. */
    form: (ask: FormAsk, signal?: AbortSignal) => call<Form>('form', { query: { ...ask }, signal }),
    /** Sends a code that confirms these answers. */
    sendFormCode: (body: FormCodeWish, signal?: AbortSignal) => call<OtpSent>('form/code', { body, signal }),
    /** Keeps one more photo. */
    addFormPicture: (body: FormPicture, signal?: AbortSignal) => call<FormPictures>('form/picture', { body, signal }),
    /** Takes a photo back. */
    removeFormPicture: (body: FormPictureName, signal?: AbortSignal) => call<FormPictures>('form/picture/remove', { body, signal }),
    /** Keeps one step of a form. */
    saveForm: (body: FormAnswers, signal?: AbortSignal) => call<FormSaved>('form/save', { body, signal }),
    /** Hands a form in; a second tap finds the case of the first. */
    submitForm: (body: FormHandedIn, signal?: AbortSignal) => call<Case>('form/submit', { body, signal }),
    /** How notices stand. */
    notices: (signal?: AbortSignal) => call<Notices>('notices', { signal }),
    /** Changes what is named and leaves the rest as it is. */
    setNotices: (body: NoticesWish, signal?: AbortSignal) => call<Notices>('notices/set', { body, signal }),
    /** What is to be paid, and what the page is at. */
    pay: (signal?: AbortSignal) => call<PayPage>('pay', { signal }),
    /** Banks to choose from, where a number does not tell. */
    payBanks: (ask: PayBanksAsk, signal?: AbortSignal) => call<PayBanks>('pay/banks', { query: { ...ask }, signal }),
    /** The customer will not pay. */
    cancelPay: (signal?: AbortSignal) => call<PayResult>('pay/cancel', { body: {}, signal }),
    /** The code that came. */
    checkPayCode: (body: PayCode, signal?: AbortSignal) => call<PayProved>('pay/check', { body, signal }),
    /** Sends a code for this payment and no other. */
    sendPayCode: (body: PayCodeWish, signal?: AbortSignal) => call<OtpSent>('pay/code', { body, signal }),
    /** Pays, once everything is proved; again, it tells what the first time came to. */
    doPay: (body: PayOrder, signal?: AbortSignal) => call<PayResult>('pay/do', { body, signal }),
    /** Whom to pay, who is not in the book. */
    setPayPayee: (body: PayPayee, signal?: AbortSignal) => call<PayPage>('pay/payee', { body, signal }),
    /** The receipt of what was paid: what will stand on it, and the file where it is made already. */
    payReceipt: (signal?: AbortSignal) => call<PaperPage>('pay/receipt', { signal }),
    /** How it stands. */
    payResult: (signal?: AbortSignal) => call<PayResult>('pay/result', { signal }),
    /** At once, or tomorrow: another draft takes the place of the one that was shown. */
    setPayWhen: (body: PayWhen, signal?: AbortSignal) => call<PayPage>('pay/when', { body, signal }),
    /** The word that is typed at the machine. */
    setPayWord: (body: PayWord, signal?: AbortSignal) => call<PayPage>('pay/word', { body, signal }),
    /** Whom the opened code pays. */
    payTo: (signal?: AbortSignal) => call<PayTo>('payto', { signal }),
    /** Makes the draft; nothing is paid yet. */
    draftPayTo: (body: PayToOrder, signal?: AbortSignal) => call<PayToMade>('payto', { body, signal }),
    /** A keypad and the key its digits are sealed to. */
    pinKey: (signal?: AbortSignal) => call<PinKey>('pin/key', { signal }),
    /** What was agreed to, and the copy of the customer's data. */
    privacy: (signal?: AbortSignal) => call<Privacy>('privacy', { signal }),
    /** Sends a code before a copy is made. */
    sendPrivacyCode: (body: OtpWish, signal?: AbortSignal) => call<OtpSent>('privacy/code', { body, signal }),
    /** Asks for a copy; it is said in chat when it is there. */
    askExport: (body: PrivacyCode, signal?: AbortSignal) => call<PrivacyExport>('privacy/export', { body, signal }),
    /** Addresses that open the copy, once. */
    exportToken: (signal?: AbortSignal) => call<PrivacyToken>('privacy/token', { body: {}, signal }),
    /** The questions, and how the customer was graded last. */
    risk: (signal?: AbortSignal) => call<Risk>('risk', { signal }),
    /** Takes the answers, once the PIN proves whose they are. */
    doRisk: (body: RiskOrder, signal?: AbortSignal) => call<RiskGrade>('risk/do', { body, signal }),
    /** Who the customer came to, and what for. */
    session: (signal?: AbortSignal) => call<Session>('session', { signal }),
    /** How things stand here. */
    setting: (ask: SettingAsk, signal?: AbortSignal) => call<Setting>('setting', { query: { ...ask }, signal }),
    /** The code that came. */
    checkSettingCode: (body: SettingCode, signal?: AbortSignal) => call<SettingProved>('setting/check', { body, signal }),
    /** Sends a code for one change. */
    sendSettingCode: (body: SettingCodeWish, signal?: AbortSignal) => call<OtpSent>('setting/code', { body, signal }),
    /** Does one change, or shows what was asked for, once what it needs is proved. */
    doSetting: (body: SettingOrder, signal?: AbortSignal) => call<SettingDone>('setting/do', { body, signal }),
    /** What a change comes to, and what it needs. */
    lookAtSetting: (body: SettingWanted, signal?: AbortSignal) => call<SettingLook>('setting/look', { body, signal }),
    /** Stamped statements that can be opened or are being made. */
    stamped: (signal?: AbortSignal) => call<StampedFiles>('stamped', { signal }),
    /** Sends a code that confirms one stamped statement. */
    sendStampedCode: (body: StampedCodeWish, signal?: AbortSignal) => call<OtpSent>('stamped/code', { body, signal }),
    /** Makes a stamped statement, or finds the one that is there. */
    makeStamped: (body: StampedOrder, signal?: AbortSignal) => call<StampedFile>('stamped/make', { body, signal }),
    /** The square code on a paper of the customer's, for the picture of it. */
    paperMark: (ask: PaperMarkAsk, signal?: AbortSignal) => call<PaperMark>('stamped/mark', { query: { ...ask }, signal }),
    /** A receipt or a proof that was asked for in chat. */
    paper: (signal?: AbortSignal) => call<PaperPage>('stamped/paper', { signal }),
    /** A month of one account, a page at a time. */
    statement: (ask: StatementAsk, signal?: AbortSignal) => call<Statement>('statement', { query: { ...ask }, signal }),
    /** The customer does not know an entry: a person at the bank looks into it. Said twice it is one case. */
    doubtEntry: (body: EntryDoubt, signal?: AbortSignal) => call<Doubted>('statement/doubt', { body, signal }),
    /** Ends the binding. The session ends with the binding, so a second tap is known by the session that ended just now. */
    unbind: (signal?: AbortSignal) => call<Done>('unbind', { body: {}, signal }),
    /** What can be undone here. */
    undo: (signal?: AbortSignal) => call<Undo>('undo', { signal }),
    /** The code that came. */
    checkUndoCode: (body: UndoCode, signal?: AbortSignal) => call<UndoProved>('undo/check', { body, signal }),
    /** Sends a code for one thing to undo. */
    sendUndoCode: (body: UndoCodeWish, signal?: AbortSignal) => call<OtpSent>('undo/code', { body, signal }),
    /** The PIN, sealed; then it is undone. */
    undoWithPin: (body: UndoPin, signal?: AbortSignal) => call<UndoDone>('undo/pin', { body, signal }),
    /** What is done about the PIN here, and how far it is. */
    wxPin: (signal?: AbortSignal) => call<WxPin>('wx-pin', { signal }),
    /** A branch's code. */
    checkBranchCode: (body: WxPinCode, signal?: AbortSignal) => call<WxPinMoved>('wx-pin/branch', { body, signal }),
    /** The code that came. */
    checkWxPinCode: (body: WxPinCode, signal?: AbortSignal) => call<WxPinMoved>('wx-pin/check', { body, signal }),
    /** Sends a code before a new PIN. */
    sendWxPinCode: (body: OtpWish, signal?: AbortSignal) => call<OtpSent>('wx-pin/code', { body, signal }),
    /** Begins a face check. */
    beginWxPinFace: (body: WxPinFace, signal?: AbortSignal) => call<FaceBegun>('wx-pin/face', { body, signal }),
    /** How the face check went, by the word of the company that did it. */
    wxPinFaceResult: (signal?: AbortSignal) => call<WxPinMoved>('wx-pin/face/result', { body: {}, signal }),
    /** The end of the document's number and of a card's. */
    checkKnown: (body: WxPinKnown, signal?: AbortSignal) => call<WxPinMoved>('wx-pin/known', { body, signal }),
    /** The new PIN, sealed. */
    setNewPin: (body: WxPinNew, signal?: AbortSignal) => call<WxPinDone>('wx-pin/set', { body, signal }),
    /** Unlocks what was proved. */
    unlockWxPin: (signal?: AbortSignal) => call<WxPinDone>('wx-pin/unlock', { body: {}, signal }),
  }
}

export type CustomerApi = ReturnType<typeof customerApi>
