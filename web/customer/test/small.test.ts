import { afterEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import type { Account } from '@weiyin/shared/api'
import { figures, groups, stateWords } from '../src/accounts'
import { backToChat } from '../src/chat'
import { secondsUntil, useCountdown } from '../src/countdown'
import { ELDER_SCALE, awaitSize, elder, scaleOf, setElder } from '../src/elder'
import { useWaiting, waitingWords } from '../src/waiting'
import { breaches, closure } from '../scripts/budget.mjs'

afterEach(() => { vi.useRealTimers() })

const NOW = Date.parse('2026-11-23T01:31:00Z')

function account(kind: Account['kind'], part: Partial<Account> = {}): Account {
  const zero = { fen: 0 }
  const plain = { state: 'active', state_words: '正常', is_usable: true, detail: { kind: 'demand' } } as const
  return { id: kind, kind, label: '', tail: '0001', ...plain, available: null, posted: zero, held: zero, as_of: 0, ...part }
}

describe('accounts', () => {
  it('answer with the figure people ask for', () => {
    expect(figures(account('debit', { available: { fen: 5 }, posted: { fen: 7 } }), NOW).main).toEqual({ label: '可用余额', money: { fen: 5 } })
    expect(figures(account('loan', { posted: { fen: -300 } }), NOW).main).toEqual({ label: '还没还的本金', money: { fen: 300 } })
    expect(figures(account('credit', { available: { fen: 9 }, posted: { fen: -2 } }), NOW)).toEqual({ main: { label: '可用额度', money: { fen: 9 } }, others: [{ label: '已用', money: { fen: 2 } }] })
  })

  it('mention the booked balance and what is held only when they say something more', () => {
    expect(figures(account('debit', { available: { fen: 5 }, posted: { fen: 5 }, held: { fen: 0 } }), NOW).others).toEqual([])
    expect(figures(account('debit', { available: { fen: 5 }, posted: { fen: 7 }, held: { fen: 2 } }), NOW).others).toHaveLength(2)
  })

  it('say what is due and when', () => {
    const bill = { billed_on: '2026-11-10', amount: { fen: 120 }, minimum: { fen: 12 }, due_on: '2026-12-05' }
    expect(figures(account('credit', { available: { fen: 9 }, detail: { kind: 'credit', limit: { fen: 10 }, used: { fen: 1 }, bill } }), NOW).others)
      .toEqual([{ label: '本期要还', money: { fen: 120 }, when: '12月5日前' }])
    expect(figures(account('loan', { posted: { fen: -9 }, detail: { kind: 'loan', principal: { fen: 9 }, rate_bp: 435, ends_on: null, outstanding: { fen: 8 }, next: { on: '2027-01-20', amount: { fen: 3 } } } }), NOW))
      .toEqual({ main: { label: '还没还的本金', money: { fen: 8 } }, others: [{ label: '下次要还', money: { fen: 3 }, when: '2027年1月20日' }] })
    expect(figures(account('deposit', { posted: { fen: 50 }, detail: { kind: 'deposit', rate_bp: 150, matures_on: null, interest: { fen: 1 } } }), NOW).others).toEqual([])
  })

  it('stand in groups, empty ones left out', () => {
    expect(groups([account('loan'), account('deposit'), account('debit')]).map((g) => [g.title, g.items.length])).toEqual([['存款', 2], ['贷款', 1]])
  })

  it('never show an unknown state as a good one', () => {
    expect(stateWords({ state: 'active', state_words: '正常' })).toBeNull()
    expect(stateWords({ state: 'lost', state_words: '挂失' })).toBe('已挂失')
    // A bank that is newer than the page may know more states.
    expect(stateWords({ state: 'some_new_state' as 'lost', state_words: '控制' })).toBe('控制，请到网点问问')
  })
})

describe('a page without its size', () => {
  it('is shown after a second and a half at the latest', () => {
    vi.useFakeTimers()
    awaitSize()
    vi.advanceTimersByTime(1_499)
    expect(document.documentElement.classList.contains('unsized')).toBe(true)
    vi.advanceTimersByTime(1)
    expect(document.documentElement.classList.contains('unsized')).toBe(false)
  })
})

describe('the way back to the chat', () => {
  const windowLike = (part: object) => {
    const view = { ...part } as unknown as Window
    if (!('parent' in part)) Object.assign(view, { parent: view })
    return view
  }

  it('closes WeChat’s web view', () => {
    const invoke = vi.fn()
    expect(backToChat(windowLike({ WeixinJSBridge: { invoke } }))).toBe(true)
    expect(invoke).toHaveBeenCalledWith('closeWindow', {})
  })

  it('tells the frame around it', () => {
    const postMessage = vi.fn()
    expect(backToChat(windowLike({ parent: { postMessage } }))).toBe(true)
    expect(postMessage).toHaveBeenCalledWith({ weiyin: 'close' }, '*')
  })

  it('knows that it can’t in an ordinary browser', () => {
    expect(backToChat(windowLike({}))).toBe(false)
  })
})

describe('a countdown', () => {
  it('counts on the clock, so that a phone that slept shows the truth', () => {
    vi.useFakeTimers({ now: 0 })
    const until = ref<number | null>(3_000)
    const scope = effectScope()
    const left = scope.run(() => useCountdown(() => until.value))
    expect(left?.value).toBe(3)
    vi.advanceTimersByTime(1_100)
    expect(left?.value).toBe(2)
    vi.setSystemTime(60_000)
    document.dispatchEvent(new Event('visibilitychange'))
    expect(left?.value).toBe(0)
    scope.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is zero when there is nothing to wait for', () => {
    expect(secondsUntil(null, 5)).toBe(0)
    expect(secondsUntil(4, 5)).toBe(0)
  })
})

describe('a wait', () => {
  it('is counted while it lasts and shown with its seconds when long', () => {
    vi.useFakeTimers()
    const busy = ref(true)
    const scope = effectScope()
    const waited = scope.run(() => useWaiting(() => busy.value))
    vi.advanceTimersByTime(12_000)
    expect(waited?.value).toBe(12)
    expect(waitingWords('正在核对', 12)).toBe('正在核对，已等 12 秒')
    expect(waitingWords('正在核对', 3)).toBe('正在核对…')
    scope.stop()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('type size', () => {
  it('grows with WeChat’s levels up to the elder size', () => {
    expect(scaleOf(2)).toBe(1)
    expect(scaleOf('8')).toBe(ELDER_SCALE)
    expect(scaleOf(undefined)).toBe(1)
    expect(scaleOf(99)).toBe(1)
  })

  it('is 24 px for 17 px in elder mode', () => {
    setElder(true)
    expect(Number(document.documentElement.style.getPropertyValue('--scale')) * 17).toBeCloseTo(24, 1)
    expect(document.documentElement.classList.contains('elder')).toBe(true)
    expect(elder.value).toBe(true)
    setElder(false)
    expect(document.documentElement.style.getPropertyValue('--scale')).toBe('1.0000')
  })
})

describe('the budget', () => {
  it('counts what a page imports statically, once, and not what it may load later', () => {
    const manifest = {
      'index.html': { file: 'a.js', css: ['a.css'], imports: ['_c'], dynamicImports: ['p'] },
      _c: { file: 'c.js' },
      page: { file: 'p.js', css: ['p.css'], imports: ['index.html', '_c'], dynamicImports: ['late'] },
      late: { file: 'late.js' },
    }
    expect(closure(manifest, ['index.html', 'page']).sort()).toEqual(['a.css', 'a.js', 'c.js', 'p.css', 'p.js'])
  })

  it('finds what the content policy would refuse', () => {
    expect(breaches('x.html', '<script>go()</script>')).toEqual(['an inline script'])
    expect(breaches('x.html', '<script type="module" src="/h5/a.js"></script>')).toEqual([])
    expect(breaches('x.html', '<link href="//cdn.example/x.css">')).toEqual(['an address elsewhere'])
    expect(breaches('x.css', '@font-face{src:url(https://cdn.example/f.woff2)}')).toEqual(['an address elsewhere', 'a font'])
    expect(breaches('x.css', '.a{color:red}')).toEqual([])
  })
})
