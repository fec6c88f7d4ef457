// What a bubble may ask of the chat it stands in.
import { inject, type InjectionKey } from 'vue'
import type { Outgoing } from '../control/types'
import type { Bubble } from '../state/chat'

export interface ChatActions {
  /** Open a page in WeChat's web view; other schemes are told to the person. */
  open(url: string): void
  send(what: Outgoing): void
  resend(bubble: Bubble): void
  /** Show a picture or a place over the whole screen. */
  look(bubble: Bubble): void
}

export const actionsKey: InjectionKey<ChatActions> = Symbol('chat actions')

export function useActions(): ChatActions {
  const actions = inject(actionsKey)
  if (actions === undefined) throw new Error('a bubble outside a chat')
  return actions
}
