// The simulator's event stream, kept alive: reconnects with growing pauses, and says when it does.
import type { ControlEvent } from './types'

export type LinkState = 'connecting' | 'live' | 'lost'

/** The part of `EventSource` we use, so that tests can bring their own. */
export interface Source {
  onopen: (() => void) | null
  onmessage: ((event: { data: string }) => void) | null
  onerror: (() => void) | null
  close(): void
}

export interface Stream {
  /** Try now instead of waiting for the pause to end. */
  retry(): void
  close(): void
}

const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000]

export function openStream(
  open: () => Source,
  onEvent: (event: ControlEvent) => void,
  onLink: (state: LinkState) => void,
): Stream {
  let source: Source | null = null
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let closed = false

  function connect() {
    clearTimeout(timer)
    source?.close()
    if (failures === 0) onLink('connecting')
    const mine = open()
    source = mine
    mine.onopen = () => {
      failures = 0
      onLink('live')
    }
    mine.onmessage = ({ data }) => {
      const event = parseEvent(data)
      if (event !== null) onEvent(event)
    }
    mine.onerror = () => {
      if (closed || source !== mine) return
      mine.close()
      onLink('lost')
      timer = setTimeout(connect, PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)])
      failures += 1
    }
  }
  connect()
  return {
    retry: connect,
    close() {
      closed = true
      clearTimeout(timer)
      source?.close()
    },
  }
}

/** Null for anything that is not an event of ours (a keep-alive, a newer kind). */
export function parseEvent(data: string): ControlEvent | null {
  try {
    const value: unknown = JSON.parse(data)
    if (typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string') {
      return value as ControlEvent
    }
  } catch {
    // not JSON
  }
  return null
}
