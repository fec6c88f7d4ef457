import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openStream, parseEvent, type LinkState } from '../src/control/events'
import type { ControlEvent } from '../src/control/types'
import { FakeSource } from './fake'

describe('the event stream', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  function opened() {
    const sources: FakeSource[] = []
    const states: LinkState[] = []
    const events: ControlEvent[] = []
    const stream = openStream(
      () => {
        const source = new FakeSource()
        sources.push(source)
        return source
      },
      (event) => events.push(event),
      (state) => states.push(state),
    )
    return { sources, states, events, stream }
  }

  it('hands on events and ignores what it does not understand', () => {
    const { sources, events } = opened()
    sources[0]?.onmessage?.({ data: '{"kind":"clock","now_ms":5}' })
    sources[0]?.onmessage?.({ data: 'keep-alive' })
    expect(events).toEqual([{ kind: 'clock', now_ms: 5 }])
    expect(parseEvent('{"no":"kind"}')).toBeNull()
  })

  it('comes back after a loss, with growing pauses, and says so', () => {
    const { sources, states } = opened()
    sources[0]?.onopen?.()
    sources[0]?.onerror?.()
    expect(sources[0]?.closed).toBe(true)
    expect(states).toEqual(['connecting', 'live', 'lost'])
    vi.advanceTimersByTime(500)
    expect(sources).toHaveLength(2)
    sources[1]?.onerror?.()
    vi.advanceTimersByTime(999)
    expect(sources).toHaveLength(2)
    vi.advanceTimersByTime(1)
    expect(sources).toHaveLength(3)
    sources[2]?.onopen?.()
    expect(states[states.length - 1]).toBe('live')
  })

  it('tries at once when asked, and leaves one connection', () => {
    const { sources, stream } = opened()
    sources[0]?.onerror?.()
    stream.retry()
    expect(sources).toHaveLength(2)
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(2)
  })

  it('stays closed once closed', () => {
    const { sources, stream } = opened()
    stream.close()
    sources[0]?.onerror?.()
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(1)
  })
})
