// One Chromium for the whole run, one fresh browser context a journey, and the eye on it: no error in the console, nothing
// refused by a page's own policy, no request that leaves this machine, no answer of 5xx.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, test } from 'node:test'
import { chromium } from 'playwright-core'
import { control, demo } from './demo.mjs'
import { Desk } from './desk.mjs'

const SHOTS = new URL('../shots/', import.meta.url).pathname
/** Longest wait for anything to appear: an answer, a page. */
const WAIT_MS = 15_000
const JOURNEY_MS = 60_000

/** For `context.addInitScript`: what WeChat puts into every page when its letters are at their largest, level 8. */
export const LARGEST = () => {
  window.WeixinJSBridge = { invoke: () => undefined, on: (name, heard) => name === 'menu:setfont' && heard({ fontSize: 8 }) }
}

mkdirSync(SHOTS, { recursive: true })
/** Journeys of all files, in order. */
const planned = []
let browser
/** The bank's cookie that tells phones apart: what one journey binds on is the phone of the next, unless it clears it. */
export const PHONE = 'phone'
let kept = []
async function theBrowser() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--force-color-profile=srgb', '--lang=zh-CN'],
  })
  return browser
}
after(async () => {
  await browser?.close()
})

/** Watches a context; `troubles` holds every sentence about something that must not happen. */
function watch(context) {
  const troubles = []
  context.on('request', (request) => {
    const url = new URL(request.url())
    const isLocal = ['127.0.0.1', 'localhost'].includes(url.hostname) || ['data:', 'blob:', 'about:'].includes(url.protocol)
    if (!isLocal) troubles.push(`a request left the machine: ${request.method()} ${url.href}`)
  })
  context.on('response', (response) => {
    if (response.status() >= 500) troubles.push(`${response.status()} from ${response.request().method()} ${response.url()}`)
  })
  context.on('console', (message) => {
    // A refusal of the bank (4xx) is an answer, the browser notes it all the same.
    if (/Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())) return
    if (message.type() === 'error' || message.type() === 'warning') {
      troubles.push(`console ${message.type()}: ${message.text()} (${message.location().url})`)
    }
  })
  context.on('weberror', (error) => troubles.push(`uncaught: ${error.error().message}`))
  return troubles
}

/**
 * One journey: a sentence and what is done. `act` gets `{desk, context, shot}`; the weather is fair again afterwards.
 * @param {string} sentence
 * @param {(stage: {desk: Desk, context: import('playwright-core').BrowserContext, shot: (name: string, target?: object) => Promise<void>}) => Promise<void>} act
 * @param {import('playwright-core').BrowserContextOptions & {allows?: RegExp}} [options] `allows`: trouble that is the very point
 */
export function journey(sentence, act, { allows, ...options } = {}) {
  planned.push({ sentence, run: async () => {
    const chrome = await theBrowser()
    const context = await chrome.newContext({ viewport: { width: 1440, height: 940 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', permissions: ['clipboard-read', 'clipboard-write'], ...options })
    await context.addCookies(kept)
    context.setDefaultTimeout(WAIT_MS)
    const troubles = watch(context)
    const page = await context.newPage()
    const desk = new Desk(page, demo.phone)
    const shot = async (name, target = page) => void (await target.screenshot({ path: `${SHOTS}${name}.png`, animations: 'disabled' }))
    try {
      await act({ desk, context, shot })
      assert.deepEqual(troubles.filter((one) => !allows?.test(one)), [])
    } catch (error) {
      await shot(`failed-${sentence.replace(/[^\w\u4e00-\u9fff]+/g, '-').slice(0, 60)}`).catch(() => undefined)
      if (troubles.length > 0 && error.code !== 'ERR_ASSERTION') throw new Error(`also seen: ${troubles.join('; ')}`, { cause: error })
      throw error
    } finally {
      await control.fairWeather()
      if (kept.length === 0) kept = (await context.cookies()).filter((cookie) => cookie.name === PHONE)
      await context.close()
    }
  } })
}

/** Registers every journey at once: a runner that ends with its last known test must not end between two files. */
export function begin() {
  for (const { sentence, run } of planned) test(sentence, { timeout: JOURNEY_MS }, run)
}
