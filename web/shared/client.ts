/**
 * The one way a page talks to the bank: `fetch` with our header, our error shape and a deadline.
 *
 * Not for: what may be asked and what is answered (`api.ts`, made from the server's own document), words of a
 * screen, retries, caching. A call is made once; the caller decides what a refusal means.
 */

import type { ProblemBody, Question } from './api'

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

/** What the bank told; a problem of this client's own has no number in the bank's log. */
type Told = Omit<ProblemBody, 'trace'> & Partial<Pick<ProblemBody, 'trace'>>

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
  /** What is wrong with answers on a form, by their names. */
  readonly fields: Record<string, string> | undefined

  constructor(status: number, body: Told) {
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
    this.fields = body.fields
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
  if (/^(link|oauth)\./.test(problem.code) || ['account.no_login', 'wx.disowned'].includes(problem.code)) return problem.code
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
  const read: Told = { code: body['code'], words: body['words'] }
  if (typeof body['trace'] === 'string') read.trace = body['trace']
  if (typeof body['left'] === 'number') read.left = body['left']
  if (typeof body['retry_after_s'] === 'number') read.retry_after_s = body['retry_after_s']
  if (typeof body['bank'] === 'string') read.bank = body['bank']
  if (isObject(body['question'])) read.question = body['question'] as unknown as Question
  if (isObject(body['fields'])) read.fields = Object.fromEntries(Object.entries(body['fields']).map(([name, words]) => [name, String(words)]))
  return new Problem(status, read)
}

// ---- The call ----

/** Longer than the bank's own deadline towards the core (60 s), so that its answer arrives before we give up. */
export const DEADLINE_MS = 65_000

export interface CallOptions {
  /** Sent as JSON with POST; without it the call is a GET. */
  body?: object
  query?: Record<string, string | undefined>
  signal?: AbortSignal | undefined
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
