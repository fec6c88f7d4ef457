// What the page knows of the simulated world, kept true by the event stream: accounts, customers, chats, short messages,
// exchanges, weather, clock. Not for: which phone shows what (see `phones.ts`).
import { computed, reactive, ref, type ComputedRef, type Ref } from 'vue'
import { ControlError, type ControlApi } from '../control/api'
import { openStream, type LinkState, type Source } from '../control/events'
import type { Account, ControlEvent, Exchange, Menu, Outgoing, Sms, User, Weather } from '../control/types'
import { NOTICE_CHAT } from '../control/types'
import { resendOf } from '../format/text'
import { accept, draft, merge, refuse, upsert, type Bubble } from './chat'

export const EXCHANGES_MAX = 400
export const SMS_MAX = 100
/** WeChat's typing state ends by itself. */
const TYPING_MS = 15_000

export interface Chat {
  appid: string
  uid: string
  openid: string
  followed: boolean
  typing: boolean
  items: Bubble[]
  window: { until_ms: number | null; left: number | null } | null
  /** Undefined until read. */
  menu: Menu | null | undefined
  unread: number
  load: 'new' | 'loading' | 'ready' | 'error'
}

export interface WorldOptions {
  api: ControlApi
  open: () => Source
  /** Milliseconds of a clock that never goes back. */
  monotonic?: () => number
  /** True when a person looks at this chat now: then nothing is unread. */
  isReading?: (appid: string, uid: string) => boolean
  onTrouble?: (words: string) => void
}

const FAIR: Weather = {
  delay_ms: 0,
  drop_percent: 0,
  duplicate_percent: 0,
  reorder: false,
  truncate_percent: 0,
  api_busy_percent: 0,
  api_5xx_percent: 0,
  api_truncate_percent: 0,
  api_delay_ms: 0,
  slow_appid: '',
  slow_ms: 0,
  vendor_delay_ms: 0,
  vendor_5xx_percent: 0,
  vendor_truncate_percent: 0,
  core_delay_ms: 0,
  core_outage: false,
  core_lost_answer_percent: 0,
}

export interface World {
  readonly link: Ref<LinkState>
  /** Whether the world has been loaded once. */
  readonly ready: Ref<boolean>
  readonly accounts: Ref<Account[]>
  readonly users: Ref<User[]>
  readonly weather: Ref<Weather>
  readonly clockMovable: Ref<boolean>
  /** Simulated time now; changes once a second. */
  readonly now: ComputedRef<number>
  readonly sms: Ref<Sms[]>
  /** The newest one that came while the page was open. */
  readonly freshSms: Ref<Sms | null>
  readonly exchanges: Ref<Exchange[]>
  /** Grows when something changed at the customer-service desk. */
  readonly deskChanges: Ref<number>
  account(appid: string): Account | undefined
  user(uid: string): User | undefined
  chat(appid: string, uid: string): Chat
  /** Load the chats of a customer with every account. */
  openUser(uid: string): void
  reloadChat(appid: string, uid: string): Promise<void>
  read(appid: string, uid: string): void
  send(appid: string, uid: string, what: Outgoing): Promise<boolean>
  resend(appid: string, uid: string, bubble: Bubble): Promise<boolean>
  follow(uid: string, appid: string): Promise<boolean>
  unfollow(uid: string, appid: string): Promise<boolean>
  scan(uid: string, appid: string, scene: string): Promise<boolean>
  addUser(name: string): Promise<User | null>
  setWeather(change: Partial<Weather>): Promise<boolean>
  advance(ms: number): Promise<boolean>
  /** Run one more control call; a failure is told to the person. */
  attempt(act: (api: ControlApi) => Promise<unknown>): Promise<boolean>
  retry(): void
  /** Call about once a second. */
  tick(): void
  close(): void
}

export function createWorld(options: WorldOptions): World {
  const { api } = options
  const monotonic = options.monotonic ?? (() => performance.now())
  const link = ref<LinkState>('connecting')
  const ready = ref(false)
  const accounts = ref<Account[]>([])
  const users = ref<User[]>([])
  const weather = ref<Weather>({ ...FAIR })
  const clockMovable = ref(false)
  const sms = ref<Sms[]>([])
  const freshSms = ref<Sms | null>(null)
  const exchanges = ref<Exchange[]>([])
  const deskChanges = ref(0)
  const chats = reactive(new Map<string, Chat>())
  const clock = reactive({ nowMs: 0, at: monotonic(), tick: monotonic() })
  const now = computed(() => clock.nowMs + Math.max(0, clock.tick - clock.at))
  const typingTimers = new Map<string, ReturnType<typeof setTimeout>>()

  function setClock(ms: number) {
    clock.at = clock.tick = monotonic()
    clock.nowMs = ms
  }

  function chat(appid: string, uid: string): Chat {
    const key = `${appid}/${uid}`
    let found = chats.get(key)
    if (found === undefined) {
      chats.set(key, { appid, uid, openid: '', followed: false, typing: false, items: [], window: null, menu: undefined, unread: 0, load: 'new' })
      found = chats.get(key)
    }
    return found as Chat
  }

  async function reloadChat(appid: string, uid: string) {
    const mine = chat(appid, uid)
    if (mine.load === 'loading') return
    if (mine.load !== 'ready') mine.load = 'loading'
    const known = new Set(mine.items.map((one) => one.id))
    try {
      const fresh = await api.chat(appid, uid)
      mine.openid = fresh.openid
      mine.followed = fresh.followed
      mine.window = fresh.window
      mine.menu = fresh.menu
      mine.items = merge(mine.items, fresh.items, known)
      setTyping(mine, fresh.typing)
      mine.load = 'ready'
    } catch {
      if (mine.load === 'loading') mine.load = 'error'
    }
  }

  function openUser(uid: string) {
    for (const appid of [...accounts.value.map((one) => one.appid), NOTICE_CHAT]) {
      if (chat(appid, uid).load !== 'ready') void reloadChat(appid, uid)
    }
  }

  function setTyping(of: Chat, on: boolean) {
    const key = `${of.appid}/${of.uid}`
    clearTimeout(typingTimers.get(key))
    of.typing = on
    if (on) typingTimers.set(key, setTimeout(() => (of.typing = false), TYPING_MS))
  }

  async function loadState() {
    const state = await api.state()
    accounts.value = state.accounts
    users.value = state.users
    weather.value = state.weather
    clockMovable.value = state.clock_movable
    setClock(state.now_ms)
  }

  /** Everything that may have happened while the stream was down. */
  async function resync() {
    try {
      await loadState()
      ready.value = true
      const [texts, log] = await Promise.all([api.sms(), api.exchanges(null, EXCHANGES_MAX)])
      sms.value = newestFirst(texts).slice(0, SMS_MAX)
      exchanges.value = newestFirst(log.items).slice(0, EXCHANGES_MAX)
    } catch (cause) {
      tell(cause)
    }
    for (const one of chats.values()) void reloadChat(one.appid, one.uid)
  }

  function onEvent(event: ControlEvent) {
    switch (event.kind) {
      case 'item': {
        const mine = chat(event.appid, event.uid)
        const isNew = upsert(mine.items, event.item)
        if (event.item.side === 'account') setTyping(mine, false)
        if (isNew && event.item.side === 'account' && !options.isReading?.(event.appid, event.uid)) mine.unread += 1
        break
      }
      case 'typing':
        setTyping(chat(event.appid, event.uid), event.on)
        break
      case 'clock':
        setClock(event.now_ms)
        break
      case 'sms':
        if (!sms.value.some((one) => one.id === event.sms.id)) {
          sms.value = [event.sms, ...sms.value].slice(0, SMS_MAX)
          freshSms.value = event.sms
        }
        break
      case 'exchange': {
        const rest = exchanges.value.filter((one) => one.id !== event.exchange.id)
        exchanges.value = [event.exchange, ...rest].slice(0, EXCHANGES_MAX)
        break
      }
      case 'weather':
        weather.value = event.weather
        break
      case 'desk':
        deskChanges.value += 1
        break
      case 'menu':
      case 'state':
        loadState().then(
          () => {
            for (const one of chats.values()) void reloadChat(one.appid, one.uid)
          },
          () => undefined,
        )
        break
    }
  }

  function tell(cause: unknown) {
    options.onTrouble?.(cause instanceof ControlError ? cause.words : '页面出错了，请刷新')
  }

  async function attempt(act: (api: ControlApi) => Promise<unknown>): Promise<boolean> {
    try {
      await act(api)
      return true
    } catch (cause) {
      tell(cause)
      return false
    }
  }

  async function send(appid: string, uid: string, what: Outgoing): Promise<boolean> {
    const mine = chat(appid, uid)
    const bubble = draft(what, now.value)
    if (bubble === null) return attempt(() => api.send(appid, uid, what))
    mine.items.push(bubble)
    try {
      const { item_id } = await api.send(appid, uid, what)
      accept(mine.items, bubble.id, item_id)
      return true
    } catch (cause) {
      refuse(mine.items, bubble.id, cause instanceof ControlError ? cause.words : '没有发出')
      return false
    }
  }

  async function resend(appid: string, uid: string, bubble: Bubble): Promise<boolean> {
    const what = bubble.local?.payload ?? resendOf(bubble)
    if (what === null) return false
    const mine = chat(appid, uid)
    mine.items = mine.items.filter((one) => one.id !== bubble.id)
    return send(appid, uid, what)
  }

  async function change(uid: string, appid: string, act: () => Promise<void>): Promise<boolean> {
    const done = await attempt(act)
    if (done) await reloadChat(appid, uid)
    return done
  }

  const stream = openStream(options.open, onEvent, (state) => {
    const was = link.value
    link.value = state
    if (state === 'live' && was !== 'live') void resync()
  })

  return {
    link,
    ready,
    accounts,
    users,
    weather,
    clockMovable,
    now,
    sms,
    freshSms,
    exchanges,
    deskChanges,
    account: (appid) => accounts.value.find((one) => one.appid === appid),
    user: (uid) => users.value.find((one) => one.id === uid),
    chat,
    openUser,
    reloadChat,
    read: (appid, uid) => {
      chat(appid, uid).unread = 0
    },
    send,
    resend,
    follow: (uid, appid) => change(uid, appid, () => api.follow(uid, appid)),
    unfollow: (uid, appid) => change(uid, appid, () => api.unfollow(uid, appid)),
    scan: (uid, appid, scene) => change(uid, appid, () => api.scan(uid, appid, scene)),
    async addUser(name) {
      let made: User | null = null
      await attempt(async () => {
        const user = await api.addUser(name)
        made = user
        if (!users.value.some((one) => one.id === user.id)) users.value = [...users.value, user]
      })
      return made
    },
    async setWeather(next) {
      const before = weather.value
      weather.value = { ...before, ...next }
      const done = await attempt(() => api.weather(next))
      if (!done) weather.value = before
      return done
    },
    advance: (ms) => attempt(() => api.advance(ms)),
    attempt,
    retry: () => stream.retry(),
    tick: () => {
      clock.tick = monotonic()
    },
    close() {
      for (const timer of typingTimers.values()) clearTimeout(timer)
      stream.close()
    },
  }
}

/** The simulator's lists are oldest first or newest first; the page wants newest first. */
function newestFirst<T extends { at_ms: number; id: string }>(list: T[]): T[] {
  return [...list].sort((a, b) => b.at_ms - a.at_ms || b.id.localeCompare(a.id, 'en', { numeric: true }))
}

export { FAIR }
