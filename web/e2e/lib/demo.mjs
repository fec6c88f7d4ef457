// The running demo as a script sees it: what demo.json tells, and the simulator's control API. It sets the stage and looks
// at the world; what a customer does is done in the page.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const path = process.env.WEIYIN_DEMO
if (path === undefined) throw new Error('WEIYIN_DEMO must name the demo.json of a running demo; scripts/e2e.sh does it')

/** @type {{phone: string, public: string, simulator_control: string, accounts: Account[], people: Person[]}} */
export const demo = JSON.parse(readFileSync(path, 'utf8'))

/** The account of this name: `{appid, …}`. */
export function account(name) {
  const found = demo.accounts.find((one) => one.name === name)
  assert.ok(found, `the demo has no account called ${name}`)
  return found
}

/** Somebody who may bind, by name: `{name, card_no, id_no, mobile}`, and `uid`, the WeChat user of the same name. */
export function person(name) {
  const at = demo.people.findIndex((one) => one.name === name)
  assert.ok(at >= 0, `the demo has no person called ${name}`)
  return { ...demo.people[at], uid: `u${at + 1}` }
}

async function call(method, to, body) {
  const response = await fetch(demo.simulator_control + to, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(40_000),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${to} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}

const DAY_MS = 86_400_000
const CHINA_MS = 8 * 3_600_000

const FAIR = {
  delay_ms: 0,
  drop_percent: 0,
  duplicate_percent: 0,
  reorder: false,
  truncate_percent: 0,
  api_busy_percent: 0,
  api_5xx_percent: 0,
  api_truncate_percent: 0,
  api_delay_ms: 0,
  vendor_delay_ms: 0,
  vendor_5xx_percent: 0,
  vendor_truncate_percent: 0,
  core_delay_ms: 0,
  core_outage: false,
  core_lost_answer_percent: 0,
}

export const control = {
  state: () => call('GET', '/state'),
  /** A new WeChat user, who never met any bank. */
  newUser: async (name) => (await call('POST', '/users', { name })).id,
  follow: (uid, appid) => call('POST', `/users/${uid}/follow`, { appid }),
  chat: (uid, appid) => call('GET', `/chats/${appid}/${uid}`),
  /** Says it and waits until WeChat has delivered it: `{item_id, delivery, items}`. */
  say: (uid, appid, content) => call('POST', `/chats/${appid}/${uid}/send?wait=1`, { type: 'text', content }),
  weather: (change) => call('POST', '/weather', { ...FAIR, ...change }),
  fairWeather: () => call('POST', '/weather', FAIR),
  advance: (minutes) => call('POST', '/clock', { advance_ms: minutes * 60_000 }),
  /** Turns it to ten in the morning, so many days on: what is due at nine is due, whatever time of day it was. */
  async tenAfter(days) {
    const { now_ms: now } = await control.state()
    const midnight = now - ((now + CHINA_MS) % DAY_MS)
    const ms = midnight + days * DAY_MS + 10 * 3_600_000 - now
    return call('POST', '/clock', { advance_ms: ms })
  },
  exchanges: (query) => call('GET', `/exchanges?${new URLSearchParams(query)}`).then((answer) => answer.items),
  /** Whether WeChat delivered this user's newest message a second time. */
  isRepeated: async (uid) => (await control.exchanges({ uid, kind: 'push', limit: '1' }))[0]?.attempt === 2,
  /** Types at a cash machine: `{said}`. */
  machine: (typed) => call('POST', '/machine', typed),
  sms: (to) => call('GET', `/sms?to=${to}`).then((answer) => answer.items),
}

/** Customers of the demo no story is about: bound at this bank, each with a phone: `{uid, appid, name}`. */
export async function villagers(bank) {
  const { appid } = account(bank)
  const users = (await control.state()).users.filter((one) => one.name.startsWith('村民'))
  const bound = []
  for (const user of users) {
    if ((await control.chat(user.id, appid)).followed) bound.push({ uid: user.id, appid, name: user.name })
  }
  return bound
}
