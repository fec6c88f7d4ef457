/**
 * The one way a page talks to the bank: `fetch` with our header, our error shape and a deadline, and the shapes of the
 * customer pages' API (`/h5/s/{slug}/api`).
 *
 * Not for: words of a screen, retries, caching. A call is made once; the caller decides what a refusal means.
 */

// ---- Shapes of the customer API. Money is `{ fen }`, times are milliseconds UTC, ids are strings. ----

export interface Money {
  fen: number
}

export interface Institution {
  name: string
  /** Two to four characters for small places. */
  short: string
  /** `#rrggbb`, or empty for the house's green. */
  color: string
  /** The service line people may call. */
  phone?: string
}

export interface Session {
  /** Absent until the follower's home bank is known. */
  institution: Institution | null
  /** The Official Account the customer came from. */
  account: { name: string }
  page: string
  followed: boolean
  elder: boolean
  bound: boolean
  /** What the customer asked for in chat before this page opened; it goes on by itself after binding. */
  task: { kind: string; title: string; with?: Record<string, string> } | null
  /** Opaque and stable for one person at one bank; keeps what they typed apart from others' on a shared browser. */
  who?: string
}

export type BindStep = 'card' | 'otp' | 'pin' | 'done'

export interface Agreement {
  id: string
  version: string
  title: string
  text: string
  /** The step that asks for it: before the elements are typed, or before the service begins. */
  at?: 'card' | 'pin'
}

export interface Consent {
  id: string
  version: string
}

export interface BoundAccount {
  label: string
  tail: string
  kind: AccountKind
}

export interface Bind {
  step: BindStep
  mobile_masked: string | null
  /** Bound in another WeChat, from which the binding moves here: the PIN is proved, not set. */
  swap?: boolean
  /** Tries left today for the identity check. */
  left: number
  agreements: Agreement[]
  otp: (OtpSent & { sent: boolean }) | null
  accounts?: BoundAccount[]
  resumed?: boolean
}

export interface IdentityForm {
  card_no: string
  name: string
  id_no: string
  mobile: string
  consents?: Consent[]
  /** The customer agrees to be served by the bank the card belongs to. */
  switch?: boolean
  /** The customer is bound in another WeChat and wants to be bound in this one instead. */
  swap?: boolean
}

export interface Checked {
  step: 'otp'
  mobile_masked: string
}

/** The card belongs to another bank, which serves the customer from now on: binding starts anew on its page. */
export interface Moved {
  step: 'card'
  /** Path of the new session's bind page. */
  redirect: string
  bank: string | null
}

/** How a code reaches the customer: a text message, or a telephone call that reads it out. */
export type Way = 'text' | 'voice'

export interface OtpSent {
  way: Way
  resend_after_s: number
  /** From then on a call may be asked for. */
  voice_after_s: number
  expires_in_s: number
}

/** What the bank asks before it sends yet another code, so that no machine asks for them. */
export interface Question {
  id: string
  words: string
  /** The same as a picture: a `data:` address. */
  picture: string
}

export interface PinKey {
  key_id: string
  /** Uncompressed SM2 point, hex `04…`. */
  public_key: string
  nonce: string
  openid_hash: string
  /** The ten digits in the order the keypad shows them. */
  layout: number[]
  expires_in_s: number
  /** The server's clock; without it the answer's Date header is used. */
  now_ms?: number
}

export interface Bound {
  step: 'done'
  accounts: BoundAccount[]
  /** True when the request made before binding is being answered in chat. */
  resumed: boolean
}

export type AccountKind = 'debit' | 'passbook' | 'credit' | 'loan' | 'deposit'

export interface Account {
  id: string
  kind: AccountKind
  label: string
  tail: string
  /** `active` or why not: `frozen`, `lost`, `dormant`, `closed`, … */
  state: string
  /** The bank's own word for the state. */
  state_words?: string
  available: Money | null
  posted: Money | null
  held: Money | null
  as_of: Moment
  /** What only this kind of account has; days are `YYYY-MM-DD`. */
  detail?: Detail
}

export type Detail =
  | { kind: 'demand' }
  | { kind: 'credit'; limit: Money; used: Money; bill: { amount: Money; minimum: Money; due_on: string } | null }
  | { kind: 'loan'; outstanding: Money; next: { on: string; amount: Money } | null }
  | { kind: 'deposit'; matures_on: string | null; interest: Money }

/** Milliseconds, or an ISO text. */
export type Moment = number | string

export type Flow = 'all' | 'in' | 'out'

export interface Entry {
  id: string
  at_ms: number
  label: string
  amount: Money
  direction: 'in' | 'out'
  balance: Money | null
  counterparty: string | null
  summary: string
  explain: string
}

export interface Statement {
  items: Entry[]
  totals: { in: Money; out: Money; count: number }
  next: string | null
  as_of: Moment
  /** Months that can be asked for, newest first, `YYYY-MM`. */
  months: string[]
  /** Whose entries these are, and whose else could be asked for. */
  account: AccountName
  accounts: AccountName[]
}

export interface AccountName {
  id: string
  label: string
  tail: string
}

export interface StatementAsk {
  account?: string
  month?: string
  flow?: Flow
  q?: string
  cursor?: string
}

// ---- Errors ----

/** Codes this client makes itself, when no answer of the bank arrived or it was not one of ours. */
export const OFFLINE = 'net.offline'
export const TIMED_OUT = 'net.timeout'
export const GARBLED = 'net.garbled'

const LOCAL_WORDS: Record<string, string> = {
  [OFFLINE]: '网络没连上，请看看信号再试',
  [TIMED_OUT]: '网络有点慢，银行还没有回话，请再试一次',
  [GARBLED]: '系统繁忙，请稍后再试',
}

interface ProblemBody {
  code: string
  words: string
  trace?: string
  left?: number
  retry_after_s?: number
  bank?: string
  question?: Question
}

/** A call that did not succeed. `words` may be shown to the customer as they are. */
export class Problem extends Error {
  readonly code: string
  readonly words: string
  /** HTTP status; 0 when nothing came back. */
  readonly status: number
  readonly trace: string
  readonly left: number | undefined
  readonly retryAfterS: number | undefined
  readonly bank: string | undefined
  readonly question: Question | undefined

  constructor(status: number, body: ProblemBody) {
    super(body.code)
    this.name = 'Problem'
    this.status = status
    this.code = body.code
    this.words = body.words
    this.trace = body.trace ?? ''
    this.left = body.left
    this.retryAfterS = body.retry_after_s
    this.bank = body.bank
    this.question = body.question
  }

  static local(code: typeof OFFLINE | typeof TIMED_OUT | typeof GARBLED, status = 0): Problem {
    return new Problem(status, { code, words: LOCAL_WORDS[code] ?? '' })
  }

  /** Whether the bank may have acted although no usable answer came. */
  get isUncertain(): boolean {
    return this.code.startsWith('net.') || this.status >= 500
  }
}

/** Anything thrown, as a Problem. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : Problem.local(GARBLED)
}

/**
 * The page to show instead of this one, as the `code` of `/h5/problem`; null when the refusal belongs to the screen that
 * asked. A session that is gone looks like an expired link: the way on is the same.
 */
export function pageProblem(problem: Problem): string | null {
  if (/^(link|oauth)\./.test(problem.code) || problem.code === 'account.no_login') return problem.code
  if (problem.code.startsWith('session.') || problem.status === 401) return 'session.none'
  return null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function readProblem(status: number, body: unknown): Problem {
  if (!isObject(body) || typeof body['code'] !== 'string' || typeof body['words'] !== 'string') {
    return Problem.local(GARBLED, status)
  }
  const read: ProblemBody = { code: body['code'], words: body['words'] }
  if (typeof body['trace'] === 'string') read.trace = body['trace']
  if (typeof body['left'] === 'number') read.left = body['left']
  if (typeof body['retry_after_s'] === 'number') read.retry_after_s = body['retry_after_s']
  if (typeof body['bank'] === 'string') read.bank = body['bank']
  if (isObject(body['question'])) read.question = body['question'] as unknown as Question
  return new Problem(status, read)
}

// ---- The call ----

/** Longer than the bank's own deadline towards the core (60 s), so that its answer arrives before we give up. */
export const DEADLINE_MS = 65_000

export interface CallOptions {
  /** Sent as JSON with POST; without it the call is a GET. */
  body?: object
  query?: Record<string, string | undefined>
  signal?: AbortSignal
}

export type Call = <T>(path: string, options?: CallOptions) => Promise<T>

/** What a client needs from the browser; tests bring their own. */
export interface Wires {
  fetch: typeof fetch
  now: () => number
}

const BROWSER: Wires = { fetch: (input, init) => fetch(input, init), now: () => Date.now() }

export interface Client {
  call: Call
  /** The server's clock as far as we know it, in milliseconds; a phone's own clock may be days off. */
  serverNow: () => number
}

/** A client for one API root, for example `/h5/s/abc/api/`. */
export function openClient(root: string, wires: Wires = BROWSER): Client {
  let aheadMs = 0
  const base = root.endsWith('/') ? root : `${root}/`

  async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
    const asked = new URLSearchParams()
    for (const [key, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined && value !== '') asked.set(key, value)
    }
    const query = asked.toString()
    const response = await send(base + path + (query === '' ? '' : `?${query}`), options)
    const date = Date.parse(response.headers.get('date') ?? '')
    if (Number.isFinite(date)) aheadMs = date - wires.now()
    const body: unknown = await response.json().catch(() => undefined)
    if (!response.ok) throw readProblem(response.status, body)
    if (body === undefined) throw Problem.local(GARBLED, response.status)
    return body as T
  }

  async function send(url: string, options: CallOptions): Promise<Response> {
    const stop = new AbortController()
    const timer = setTimeout(() => { stop.abort() }, DEADLINE_MS)
    const outer = () => { stop.abort(options.signal?.reason) }
    options.signal?.addEventListener('abort', outer)
    const init: RequestInit = {
      method: options.body === undefined ? 'GET' : 'POST',
      headers: { Accept: 'application/json', 'X-Weiyin': '1' },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: stop.signal,
    }
    if (options.body !== undefined) {
      init.headers = { ...init.headers, 'Content-Type': 'application/json' }
      init.body = JSON.stringify(options.body)
    }
    try {
      return await wires.fetch(url, init)
    } catch (error) {
      if (options.signal?.aborted) throw error
      throw Problem.local(stop.signal.aborted ? TIMED_OUT : OFFLINE)
    } finally {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', outer)
    }
  }

  return { call, serverNow: () => wires.now() + aheadMs }
}

/** The customer pages' calls, one method each. */
export function customerApi(client: Client) {
  const { call } = client
  return {
    serverNow: client.serverNow,
    session: () => call<Session>('session'),
    bind: () => call<Bind>('bind'),
    check: (form: IdentityForm) => call<Checked | Moved>('bind/check', { body: form }),
    sendOtp: (wish: { way: Way; answer?: { id: string; value: string } }) => call<OtpSent>('bind/otp/send', { body: wish }),
    checkOtp: (code: string) => call<{ step: 'pin'; swap?: boolean }>('bind/otp', { body: { code } }),
    pinKey: () => call<PinKey>('pin/key'),
    setPin: (sealed: { key_id: string; cipher: string; consents: Consent[] }) =>
      call<Bound>('bind/pin', { body: sealed }),
    agree: (consents: Consent[]) => call<{ done: boolean }>('agree', { body: { consents } }),
    accounts: () => call<{ items: Account[] }>('accounts'),
    statement: (ask: StatementAsk, signal?: AbortSignal) =>
      call<Statement>('statement', signal ? { query: { ...ask }, signal } : { query: { ...ask } }),
    unbind: () => call<{ done: boolean }>('unbind', { body: {} }),
    setElder: (on: boolean) => call<unknown>('elder', { body: { on } }),
  }
}

export type CustomerApi = ReturnType<typeof customerApi>
