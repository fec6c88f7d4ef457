// Waiting assertions: playwright-core comes without `expect`, so these few are ours. Each waits at most `WAIT_MS`.
import assert from 'node:assert/strict'

const WAIT_MS = 15_000
const LOOK_EVERY_MS = 50

/** Waits until `look()` gives something true and returns it; `what` is the sentence, or makes it, for when it never does. */
export async function until(what, look, { within = WAIT_MS } = {}) {
  const end = performance.now() + within
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (performance.now() > end) assert.fail(`never came true within ${within} ms: ${typeof what === 'string' ? what : await what()}`)
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
  }
}

/** Waits until the text of `locator` holds `wanted` (a string or a pattern), and returns the text. */
export async function reads(locator, wanted) {
  const end = performance.now() + WAIT_MS
  for (;;) {
    const text = (await locator.count()) > 0 ? await locator.first().innerText() : '(not there)'
    if (wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted)) return text
    if (performance.now() > end) assert.fail(`expected ${String(wanted)}, and it reads:\n${text}`)
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
  }
}

/** Waits until it can be seen. */
export async function visible(locator) {
  await locator.first().waitFor({ state: 'visible' })
  return locator.first()
}

/** Waits until it is gone or hidden. */
export async function gone(locator) {
  await locator.first().waitFor({ state: 'hidden' })
}

export async function count(locator, wanted) {
  await until(`expected ${wanted} of ${locator}`, async () => (await locator.count()) === wanted)
}
