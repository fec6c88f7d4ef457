// One chat's items as the page holds them: the simulator's items plus bubbles shown before it has answered.
// Pure list work; the network is in `world.ts`.
import type { Item, Outgoing } from '../control/types'
import { plainText } from '../format/text'

/** A chat item, or one we drew ahead of the simulator (`local`), which keeps what to send again. */
export interface Bubble extends Item {
  local?: { payload: Outgoing; words: string | null }
}

const LOCAL = 'local-'
let lastLocal = 0

/** The bubble to draw at once for something the user sends; null for taps that leave no trace in a chat. */
export function draft(payload: Outgoing, nowMs: number): Bubble | null {
  lastLocal += 1
  const base = { id: `${LOCAL}${lastLocal}`, at_ms: nowMs, side: 'user', state: 'sending', local: { payload, words: null } } as const
  switch (payload.type) {
    case 'text':
      return { ...base, kind: 'text', text: payload.content }
    case 'voice':
      return { ...base, kind: 'voice', seconds: payload.seconds, recognition: payload.recognition }
    case 'location':
      return { ...base, kind: 'location', location: { x: payload.x, y: payload.y, label: payload.label } }
    case 'image':
      return { ...base, kind: 'image', text: payload.name ?? '' }
    case 'video':
      return { ...base, kind: 'video' }
    case 'link':
      return { ...base, kind: 'link', text: payload.title, articles: [{ title: payload.title, description: payload.description, pic_url: '', url: payload.url }] }
    case 'click':
    case 'view':
    case 'raw':
      return null
  }
}

export function isLocal(item: Item): boolean {
  return item.id.startsWith(LOCAL)
}

/** Puts an item where its time says, replacing the same item or the draft it answers. Returns true when it is new to the reader. */
export function upsert(items: Bubble[], item: Item): boolean {
  const known = items.findIndex((one) => one.id === item.id)
  if (known >= 0) {
    items[known] = { ...item }
    return false
  }
  if (item.side === 'user') {
    const draftAt = items.findIndex((one) => isLocal(one) && one.state === 'sending' && sameWords(one, item))
    if (draftAt >= 0) {
      items[draftAt] = { ...item }
      return false
    }
  }
  let at = items.length
  while (at > 0 && (items[at - 1]?.at_ms ?? 0) > item.at_ms) at -= 1
  items.splice(at, 0, { ...item })
  return true
}

/** The simulator accepted a draft under this id. Its own item may have come first by the event stream. */
export function accept(items: Bubble[], draftId: string, itemId: string): void {
  const at = items.findIndex((one) => one.id === draftId)
  const bubble = items[at]
  if (bubble === undefined) return
  if (items.some((one) => one.id === itemId)) {
    items.splice(at, 1)
  } else {
    bubble.id = itemId
  }
}

/** The draft never left; it stays, marked, with the reason. */
export function refuse(items: Bubble[], draftId: string, words: string): void {
  const bubble = items.find((one) => one.id === draftId)
  if (bubble?.local === undefined) return
  bubble.state = 'failed'
  bubble.local.words = words
}

/**
 * The whole list as the simulator has it, keeping drafts that have not arrived there, and what the stream told after the
 * list was asked for: `known` holds the ids there were then.
 */
export function merge(current: Bubble[], fresh: Item[], known = new Set(current.map((one) => one.id))): Bubble[] {
  const next: Bubble[] = fresh.map((item) => ({ ...item }))
  for (const one of current) {
    if (!isLocal(one)) {
      if (!known.has(one.id) && !fresh.some((item) => item.id === one.id)) next.push(one)
      continue
    }
    const arrived = one.state === 'sending' && fresh.some((item) => item.side === 'user' && item.at_ms >= one.at_ms - 2_000 && sameWords(one, item))
    if (!arrived) next.push(one)
  }
  return next.sort((a, b) => a.at_ms - b.at_ms)
}

function sameWords(draft: Item, item: Item): boolean {
  if (draft.kind !== item.kind) return false
  return draft.kind === 'text' ? plainText(draft) === plainText(item) : true
}
