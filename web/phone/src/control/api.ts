// Typed calls of the simulator's control API. Knows HTTP and shapes; keeps no state.
import type { ChatState, Check, Deed, Ended, Exchange, NoticeTemplate, Outgoing, ServiceDesk, Shown, Sms, User, Weather, WorldState } from './types'

const CALL_TIMEOUT_MS = 8_000
/** Calls that wait until WeChat has delivered: three attempts of five seconds, and then some. */
const DELIVERY_TIMEOUT_MS = 40_000

/** A call that did not work: `code` is the simulator's own, or `offline` / `timeout` when there was no answer. */
export class ControlError extends Error {
  constructor(
    readonly code: string,
    readonly words: string,
    readonly status: number,
  ) {
    super(words)
  }
}

export type OauthChoice = 'approve' | 'refuse' | 'snapshot'

export interface ControlApi {
  state(): Promise<WorldState>
  chat(appid: string, uid: string): Promise<ChatState>
  send(appid: string, uid: string, what: Outgoing): Promise<{ item_id: string }>
  follow(uid: string, appid: string, scene?: string): Promise<void>
  unfollow(uid: string, appid: string): Promise<void>
  scan(uid: string, appid: string, scene: string): Promise<void>
  addUser(name: string): Promise<User>
  sms(): Promise<Sms[]>
  exchanges(after: string | null, limit: number): Promise<{ items: Exchange[]; next: string | null }>
  weather(change: Partial<Weather>): Promise<void>
  advance(ms: number): Promise<void>
  oauth(uid: string, next: OauthChoice): Promise<void>
  rotateToken(appid: string): Promise<void>
  ipWhitelist(appid: string, ips: string[]): Promise<void>
  quota(appid: string, api: string, left: number): Promise<void>
  pushTicket(): Promise<void>
  authorize(appid: string): Promise<void>
  unauthorize(appid: string): Promise<void>
  verifyUrl(appid: string): Promise<{ ok: boolean; words: string }>
  releaseCheck(): Promise<Check[]>
  notices(appid: string, uid: string): Promise<NoticeTemplate[]>
  answerNotices(appid: string, uid: string, answers: { template_id: string; accept: boolean }[]): Promise<void>
  refuseNotices(appid: string, uid: string, templateIds: string[]): Promise<void>
  serviceDesk(appid: string): Promise<ServiceDesk>
  atDesk(appid: string, agent: string, deed: Deed): Promise<void>
  /** How the next mass send ends: 0 well, else the number of `err(…)`. */
  nextMass(appid: string, next: number): Promise<void>
  /** Someone sends an article to everyone by hand on WeChat's website. */
  massByHand(appid: string, articles: { title: string; digest: string; content: string }[]): Promise<void>
  showPicture(shown: Shown): Promise<void>
  hostileKinds(): Promise<string[]>
  hostile(appid: string, uid: string, kind: string): Promise<Ended[]>
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>

export function controlApi(fetcher: Fetch = (url, init) => fetch(url, init), base = ''): ControlApi {
  async function call<T>(method: 'GET' | 'POST', path: string, body?: unknown, timeoutMs = CALL_TIMEOUT_MS): Promise<T> {
    const init: RequestInit = { method, signal: AbortSignal.timeout(timeoutMs) }
    if (body !== undefined) {
      init.headers = { 'content-type': 'application/json' }
      init.body = JSON.stringify(body)
    }
    let response: Response
    try {
      response = await fetcher(base + path, init)
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'TimeoutError') {
        throw new ControlError('timeout', `模拟器 ${timeoutMs / 1_000} 秒没有回应`, 0)
      }
      throw new ControlError('offline', '连不上模拟器', 0)
    }
    const text = await response.text()
    const answer = parse(text)
    if (!response.ok) throw refusal(response.status, answer)
    return answer as T
  }
  const post = async (path: string, body: unknown, timeoutMs?: number) => {
    await call<unknown>('POST', path, body, timeoutMs)
  }
  const e = encodeURIComponent

  return {
    state: () => call('GET', '/control/state'),
    chat: (appid, uid) => call('GET', `/control/chats/${e(appid)}/${e(uid)}`),
    send: (appid, uid, what) => call('POST', `/control/chats/${e(appid)}/${e(uid)}/send`, what),
    follow: (uid, appid, scene) => post(`/control/users/${e(uid)}/follow`, scene === undefined ? { appid } : { appid, scene }),
    unfollow: (uid, appid) => post(`/control/users/${e(uid)}/unfollow`, { appid }),
    scan: (uid, appid, scene) => post(`/control/users/${e(uid)}/scan`, { appid, scene }),
    addUser: (name) => call('POST', '/control/users', { name }),
    sms: async () => (await call<{ items: Sms[] }>('GET', '/control/sms')).items,
    exchanges: (after, limit) =>
      call('GET', `/control/exchanges?limit=${limit}${after === null ? '' : `&after=${e(after)}`}`),
    weather: (change) => post('/control/weather', change),
    advance: (ms) => post('/control/clock', { advance_ms: ms }),
    oauth: (uid, next) => post('/control/oauth', { uid, next }),
    rotateToken: (appid) => post('/control/tokens/rotate', { appid }),
    ipWhitelist: (appid, ips) => post('/control/ip_whitelist', { appid, ips }),
    quota: (appid, api, left) => post('/control/quota', { appid, api, left }),
    pushTicket: () => post('/control/component/push_ticket', {}, DELIVERY_TIMEOUT_MS),
    authorize: (appid) => post('/control/component/authorize', { appid }, DELIVERY_TIMEOUT_MS),
    unauthorize: (appid) => post('/control/component/unauthorize', { appid }, DELIVERY_TIMEOUT_MS),
    verifyUrl: (appid) => call('POST', '/control/verify_url', { appid }, DELIVERY_TIMEOUT_MS),
    releaseCheck: async () => (await call<{ checks: Check[] }>('POST', '/control/component/release_check', {}, DELIVERY_TIMEOUT_MS)).checks,
    notices: async (appid, uid) => (await call<{ items: NoticeTemplate[] }>('GET', `/control/chats/${e(appid)}/${e(uid)}/notices`)).items,
    answerNotices: (appid, uid, answers) => post(`/control/chats/${e(appid)}/${e(uid)}/notices`, { answers }),
    refuseNotices: (appid, uid, templateIds) => post(`/control/chats/${e(appid)}/${e(uid)}/notices/refuse`, { template_ids: templateIds }),
    serviceDesk: (appid) => call('GET', `/control/desk?appid=${e(appid)}`),
    atDesk: (appid, agent, deed) => post('/control/desk', { appid, kf_account: agent, ...deed }),
    nextMass: (appid, next) => post('/control/mass', { appid, next }),
    massByHand: (appid, articles) => post('/control/mass/send', { appid, articles }),
    showPicture: (shown) => post('/control/pictures', shown),
    hostileKinds: async () => (await call<{ items: string[] }>('GET', '/control/hostile')).items,
    hostile: async (appid, uid, kind) =>
      (await call<{ deliveries: Ended[] }>('POST', '/control/hostile', { appid, uid, kind }, DELIVERY_TIMEOUT_MS)).deliveries,
  }
}

function parse(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function refusal(status: number, answer: unknown): ControlError {
  if (typeof answer === 'object' && answer !== null && 'code' in answer && 'words' in answer) {
    return new ControlError(String(answer.code), String(answer.words), status)
  }
  return new ControlError('http', `模拟器答复 HTTP ${status}`, status)
}
