import { afterEach, describe, expect, it, vi } from 'vitest'
import { DEADLINE_MS, GARBLED, OFFLINE, Problem, TIMED_OUT, asProblem, customerApi, openClient, pageProblem } from '../api'

function answering(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return vi.fn<typeof fetch>(() => Promise.resolve(new Response(text, { status, headers })))
}

function clientOf(fetch: typeof globalThis.fetch, now = 1_000) {
  return openClient('/h5/s/abc/api', { fetch, now: () => now })
}

afterEach(() => { vi.useRealTimers() })

describe('a call', () => {
  it('is a GET to the session’s own root, with our header and without empty parameters', async () => {
    const fetch = answering(200, { items: [] })
    await customerApi(clientOf(fetch)).statement({ month: '2026-10', flow: 'in', q: '', account: 'acc 1' })
    const [url, init] = fetch.mock.calls[0] ?? []
    expect(url).toBe('/h5/s/abc/api/statement?month=2026-10&flow=in&account=acc+1')
    expect(init?.method).toBe('GET')
    expect(init?.body).toBeUndefined()
    expect(new Headers(init?.headers).get('x-weiyin')).toBe('1')
  })

  it('posts JSON', async () => {
    const fetch = answering(200, { step: 'pin' })
    await customerApi(clientOf(fetch)).checkOtp({ code: '123456' })
    const [url, init] = fetch.mock.calls[0] ?? []
    expect(url).toBe('/h5/s/abc/api/bind/otp')
    expect(init?.method).toBe('POST')
    expect(init?.body).toBe('{"code":"123456"}')
    expect(new Headers(init?.headers).get('content-type')).toBe('application/json')
  })

  it('knows the server’s time from its answers', async () => {
    const client = clientOf(answering(200, {}, { date: 'Mon, 23 Nov 2026 01:31:00 GMT' }), 5_000)
    expect(client.serverNow()).toBe(5_000)
    await client.call('session')
    expect(client.serverNow()).toBe(Date.parse('2026-11-23T01:31:00Z'))
  })
})

async function problemOf(fetch: typeof globalThis.fetch): Promise<Problem> {
  return clientOf(fetch).call('bind').then(() => { throw new Error('it should not succeed') }, asProblem)
}

describe('a refusal', () => {
  it('keeps the bank’s code, words and numbers', async () => {
    const problem = await problemOf(answering(400, { code: 'bind.mismatch', words: '有一项不一样', trace: 't1', left: 2 }))
    expect(problem).toMatchObject({ status: 400, code: 'bind.mismatch', words: '有一项不一样', trace: 't1', left: 2 })
    expect(problem.isUncertain).toBe(false)
  })

  it('reads waiting time and the other bank’s name', async () => {
    const locked = await problemOf(answering(429, { code: 'bind.locked', words: '…', retry_after_s: 90 }))
    expect(locked.retryAfterS).toBe(90)
    const other = await problemOf(answering(409, { code: 'bind.other_bank', words: '…', bank: '青川农商行' }))
    expect(other.bank).toBe('青川农商行')
  })

  it('ignores fields of the wrong type', async () => {
    const problem = await problemOf(answering(400, { code: 'otp.wrong', words: '…', left: '2' }))
    expect(problem.left).toBeUndefined()
  })

  it('becomes plain words when it is not one of ours', async () => {
    for (const body of ['<html>502</html>', { error: 'x' }, 'null']) {
      const problem = await problemOf(answering(502, body))
      expect(problem).toMatchObject({ code: GARBLED, status: 502, words: '系统繁忙，请稍后再试' })
      expect(problem.isUncertain).toBe(true)
    }
  })

  it('is also raised when a success is not JSON', async () => {
    expect((await problemOf(answering(200, 'ok'))).code).toBe(GARBLED)
  })
})

describe('no answer', () => {
  it('is told as being offline', async () => {
    const problem = await problemOf(() => Promise.reject(new TypeError('Failed to fetch')))
    expect(problem).toMatchObject({ code: OFFLINE, status: 0 })
    expect(problem.isUncertain).toBe(true)
  })

  it('is given up after the deadline', async () => {
    vi.useFakeTimers()
    const never: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => { reject(new DOMException('aborted', 'AbortError')) })
      })
    const asked = problemOf(never)
    await vi.advanceTimersByTimeAsync(DEADLINE_MS)
    expect((await asked).code).toBe(TIMED_OUT)
  })

  it('passes on the caller’s own abort instead of calling it a problem', async () => {
    const stop = new AbortController()
    const never: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => { reject(new DOMException('aborted', 'AbortError')) })
      })
    const asked = clientOf(never).call('statement', { signal: stop.signal })
    stop.abort()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('which refusals take the whole page', () => {
  const of = (code: string, status = 403) => pageProblem(new Problem(status, { code, words: '' }))

  it('sends link and login problems to the problem page', () => {
    expect(of('link.foreign')).toBe('link.foreign')
    expect(of('oauth.snapshot')).toBe('oauth.snapshot')
    expect(of('account.no_login')).toBe('account.no_login')
  })

  it('sends who was disowned there, too: trying again would not help', () => {
    expect(of('wx.disowned')).toBe('wx.disowned')
    expect(of('wx.frozen')).toBeNull()
  })

  it('treats every lost session alike', () => {
    expect(of('session.none', 401)).toBe('session.none')
    expect(of('anything', 401)).toBe('session.none')
  })

  it('leaves the rest to the screen that asked', () => {
    expect(of('bind.mismatch', 400)).toBeNull()
    expect(of('core.busy', 503)).toBeNull()
  })
})
