// A small simulator in memory: the control API and its event stream, enough to test the page's stores and screens.
import type { ControlApi, ControlError } from '../src/control/api'
import type { Source } from '../src/control/events'
import type { Account, ChatState, ControlEvent, Exchange, Item, NoticeTemplate, Outgoing, ServiceDesk, Sms, User, Weather } from '../src/control/types'
import { FAIR } from '../src/state/world'

export const ACCOUNT: Account = {
  appid: 'wxaaaa000000000001',
  name: '云岭农信',
  original_id: 'gh_000000000001',
  kind: 'service',
  verified: true,
  mode: 'secure',
  by: 'direct',
  color: '#0b6b46',
  avatar: '',
  callback_url: 'http://127.0.0.1:1/wx',
  menu: {
    button: [
      { name: '我的账户', sub_button: [{ name: '查余额', type: 'click', key: 'balance' }, { name: '绑定', type: 'view', url: 'http://127.0.0.1:1/h5/go' }] },
      { name: '人工', type: 'click', key: 'human' },
    ],
  },
  mark_fail_until_ms: null,
  intro: '说一句话就能办',
  once_template: 'once1',
}
export const USER: User = { id: 'u1', name: '李芳', avatar: '', color: '#d9827b', note: '' }
export const NOW = Date.UTC(2026, 10, 23, 2, 0, 0)

export class FakeSource implements Source {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onerror: (() => void) | null = null
  closed = false
  close() {
    this.closed = true
  }
}

/** A world with one account and one customer; `sent` is what reached it. */
export class FakeSimulator {
  sources: FakeSource[] = []
  sent: { appid: string; uid: string; what: Outgoing }[] = []
  chats = new Map<string, ChatState>()
  smsList: Sms[] = []
  log: Exchange[] = []
  weatherNow: Weather = { ...FAIR }
  calls: string[] = []
  notices: NoticeTemplate[] = []
  service: ServiceDesk = { agents: [], waiting: [], sessions: [] }
  /** Set to make the next calls fail. */
  broken: ControlError | null = null
  private last = 0

  readonly open = (): Source => {
    const source = new FakeSource()
    this.sources.push(source)
    return source
  }
  get source(): FakeSource {
    const source = this.sources[this.sources.length - 1]
    if (source === undefined) throw new Error('nobody connected')
    return source
  }
  live() {
    this.source.onopen?.()
  }
  emit(event: ControlEvent) {
    this.source.onmessage?.({ data: JSON.stringify(event) })
  }
  chatOf(appid: string, uid: string): ChatState {
    const key = `${appid}/${uid}`
    const found = this.chats.get(key) ?? { openid: `o-${uid}`, followed: true, typing: false, items: [], window: null }
    this.chats.set(key, found)
    return found
  }
  item(over: Partial<Item>): Item {
    this.last += 1
    return { id: String(this.last), at_ms: NOW + this.last, side: 'account', kind: 'text', text: '你好', state: 'sent', ...over }
  }

  readonly api: ControlApi = {
    state: () =>
      this.answer('state', { now_ms: NOW, clock_movable: true, weather: this.weatherNow, accounts: [ACCOUNT], users: [USER] }),
    chat: (appid, uid) => this.answer('chat', structuredClone(this.chatOf(appid, uid))),
    send: async (appid, uid, what) => {
      await this.answer('send', null)
      this.sent.push({ appid, uid, what })
      this.last += 1
      return { item_id: String(this.last) }
    },
    follow: async (uid, appid) => {
      await this.answer('follow', null)
      this.chatOf(appid, uid).followed = true
    },
    unfollow: async (uid, appid) => {
      await this.answer('unfollow', null)
      this.chatOf(appid, uid).followed = false
    },
    scan: (_uid, _appid, scene) => this.answer(`scan ${scene}`, undefined),
    addUser: (name) => this.answer('addUser', { ...USER, id: 'u2', name }),
    sms: () => this.answer('sms', [...this.smsList]),
    exchanges: () => this.answer('exchanges', { items: [...this.log], next: null }),
    weather: (change) => this.answer(`weather ${JSON.stringify(change)}`, undefined),
    advance: (ms) => this.answer(`advance ${ms}`, undefined),
    oauth: (_uid, next) => this.answer(`oauth ${next}`, undefined),
    rotateToken: () => this.answer('rotateToken', undefined),
    ipWhitelist: () => this.answer('ipWhitelist', undefined),
    quota: () => this.answer('quota', undefined),
    pushTicket: () => this.answer('pushTicket', undefined),
    authorize: () => this.answer('authorize', undefined),
    unauthorize: () => this.answer('unauthorize', undefined),
    verifyUrl: () => this.answer('verifyUrl', { ok: true, words: '提交成功' }),
    releaseCheck: () => this.answer('releaseCheck', []),
    notices: () => this.answer('notices', structuredClone(this.notices)),
    answerNotices: (_appid, _uid, answers) => this.answer(`answerNotices ${answers.map((one) => `${one.template_id}=${one.accept}`).join()}`, undefined),
    refuseNotices: (_appid, _uid, ids) => this.answer(`refuseNotices ${ids.join()}`, undefined),
    serviceDesk: () => this.answer('serviceDesk', structuredClone(this.service)),
    atDesk: (_appid, agent, deed) => this.answer(`atDesk ${agent} ${JSON.stringify(deed)}`, undefined),
    nextMass: (_appid, next) => this.answer(`nextMass ${next}`, undefined),
    massByHand: (_appid, articles) => this.answer(`massByHand ${articles.map((one) => one.title).join()}`, undefined),
    showPicture: (shown) => this.answer(`showPicture ${shown.shows} ${shown.number ?? ''}`, undefined),
    hostileKinds: () => this.answer('hostileKinds', []),
    hostile: () => this.answer('hostile', []),
  }

  private answer<T>(call: string, value: T): Promise<T> {
    this.calls.push(call)
    return this.broken === null ? Promise.resolve(value) : Promise.reject(this.broken)
  }
}

export function exchange(over: Partial<Exchange>): Exchange {
  return {
    id: '1',
    at_ms: NOW,
    kind: 'push',
    appid: ACCOUNT.appid,
    uid: USER.id,
    method: 'POST',
    url: 'http://127.0.0.1:1/wx/a?signature=x',
    attempt: 1,
    request_body: '',
    request_plain: null,
    status: 200,
    response_body: '',
    response_plain: null,
    elapsed_ms: 20,
    outcome: 'replied',
    note: '',
    ...over,
  }
}
