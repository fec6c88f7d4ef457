// Which phones lie on the desk, whose they are and what each shows. Pure state; remembered in the browser between visits.
import { computed, reactive, ref, type ComputedRef, type Ref } from 'vue'

export type Tab = 'chats' | 'contacts' | 'discover' | 'me'

export type Screen =
  | { name: 'home'; tab: Tab }
  | { name: 'chat'; appid: string }
  | { name: 'profile'; appid: string }
  | { name: 'scan' }
  /** 服务通知: notices of accounts that are not followed. */
  | { name: 'notices' }

export interface WebPage {
  appid: string
  url: string
  /** Grows with every load, so that the same address opens afresh. */
  load: number
}

export interface Phone {
  key: number
  uid: string
  stack: Screen[]
  web: WebPage | null
  /** The account that asks to send subscription notices. */
  asking: string | null
}

export const PHONES_MAX = 4
const REMEMBERED = 'weiyin.phones.1'

export interface Phones {
  readonly list: Ref<Phone[]>
  /** The phone shown when there is room for one only. */
  readonly front: ComputedRef<Phone | undefined>
  bringToFront(key: number): void
  add(uid: string, appid?: string): Phone | null
  remove(key: number): void
  hand(phone: Phone, uid: string): void
  top(phone: Phone): Screen
  push(phone: Phone, screen: Screen): void
  back(phone: Phone): void
  tab(phone: Phone, tab: Tab): void
  /** Straight into a chat, from anywhere. */
  enter(phone: Phone, appid: string): void
  openWeb(phone: Phone, appid: string, url: string): void
  reloadWeb(phone: Phone): void
  closeWeb(phone: Phone): void
  /** An account asks to send notices; null when it has been answered. */
  ask(phone: Phone, appid: string | null): void
  isReading(appid: string, uid: string): boolean
  clear(): void
}

type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem'>

export function createPhones(storage: Storage | null): Phones {
  const list = ref<Phone[]>(remembered(storage))
  const frontKey = ref<number | null>(null)
  const front = computed(() => list.value.find((one) => one.key === frontKey.value) ?? list.value[0])
  let lastKey = Math.max(0, ...list.value.map((one) => one.key))
  let lastLoad = 0

  function remember() {
    try {
      storage?.setItem(
        REMEMBERED,
        JSON.stringify(list.value.map((one) => ({ uid: one.uid, appid: chatOf(one) }))),
      )
    } catch {
      // A full or forbidden storage only costs the memory.
    }
  }
  function top(phone: Phone): Screen {
    return phone.stack[phone.stack.length - 1] ?? { name: 'home', tab: 'chats' }
  }
  function push(phone: Phone, screen: Screen) {
    phone.stack.push(screen)
    remember()
  }

  return {
    list,
    front,
    bringToFront: (key) => {
      frontKey.value = key
    },
    add(uid, appid) {
      if (list.value.length >= PHONES_MAX) return null
      lastKey += 1
      const phone = reactive(fresh(lastKey, uid, appid ?? null))
      list.value.push(phone)
      frontKey.value = phone.key
      remember()
      return phone
    },
    remove(key) {
      list.value = list.value.filter((one) => one.key !== key)
      remember()
    },
    hand(phone, uid) {
      phone.uid = uid
      phone.web = phone.asking = null
      phone.stack = [{ name: 'home', tab: 'chats' }]
      remember()
    },
    top,
    push,
    back(phone) {
      if (phone.stack.length > 1) phone.stack.pop()
      remember()
    },
    tab(phone, tab) {
      phone.stack = [{ name: 'home', tab }]
      remember()
    },
    enter(phone, appid) {
      phone.web = null
      phone.stack = [
        { name: 'home', tab: 'chats' },
        { name: 'chat', appid },
      ]
      remember()
    },
    openWeb(phone, appid, url) {
      lastLoad += 1
      phone.web = { appid, url, load: lastLoad }
    },
    reloadWeb(phone) {
      lastLoad += 1
      if (phone.web) phone.web.load = lastLoad
    },
    closeWeb(phone) {
      phone.web = null
    },
    ask(phone, appid) {
      phone.asking = appid
    },
    isReading(appid, uid) {
      return list.value.some((one) => {
        const screen = top(one)
        return one.uid === uid && one.web === null && screen.name === 'chat' && screen.appid === appid
      })
    },
    clear() {
      list.value = []
      remember()
    },
  }
}

/** `?phone=li&phone=wang@wx12…`: whose phones to lay out, and the account whose chat each shows. */
export function phonesInAddress(search: string): { uid: string; appid?: string }[] {
  return new URLSearchParams(search)
    .getAll('phone')
    .filter((one) => one !== '')
    .slice(0, PHONES_MAX)
    .map((one) => {
      const [uid = '', appid] = one.split('@', 2)
      return appid ? { uid, appid } : { uid }
    })
}

function fresh(key: number, uid: string, appid: string | null): Phone {
  const stack: Screen[] = [{ name: 'home', tab: 'chats' }]
  if (appid !== null) stack.push({ name: 'chat', appid })
  return { key, uid, stack, web: null, asking: null }
}

function chatOf(phone: Phone): string | null {
  for (const screen of phone.stack) if (screen.name === 'chat') return screen.appid
  return null
}

function remembered(storage: Storage | null): Phone[] {
  try {
    const saved: unknown = JSON.parse(storage?.getItem(REMEMBERED) ?? '[]')
    if (!Array.isArray(saved)) return []
    return saved.slice(0, PHONES_MAX).flatMap((one: unknown, index) => {
      if (typeof one !== 'object' || one === null || !('uid' in one) || typeof one.uid !== 'string') return []
      const appid = 'appid' in one && typeof one.appid === 'string' ? one.appid : null
      return [fresh(index + 1, one.uid, appid)]
    })
  } catch {
    return []
  }
}
