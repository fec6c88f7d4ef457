// The two stores the page is made of, handed down to every component, plus short notes to the person.
import { inject, reactive, type InjectionKey } from 'vue'
import type { Phones } from './phones'
import type { World } from './world'

export interface Note {
  id: number
  words: string
  bad: boolean
}

export interface Desk {
  world: World
  phones: Phones
  notes: Note[]
  /** Show a short note outside the phones for a few seconds. */
  say(words: string, bad?: boolean): void
}

const NOTE_MS = 4_000
const NOTES_MAX = 4

export const deskKey: InjectionKey<Desk> = Symbol('desk')

export function useDesk(): Desk {
  const desk = inject(deskKey)
  if (desk === undefined) throw new Error('no desk provided')
  return desk
}

export function createNotes(): Pick<Desk, 'notes' | 'say'> {
  const notes = reactive<Note[]>([])
  let last = 0
  return {
    notes,
    say(words, bad = false) {
      if (notes.some((one) => one.words === words)) return
      last += 1
      const id = last
      notes.push({ id, words, bad })
      if (notes.length > NOTES_MAX) notes.shift()
      setTimeout(() => {
        const at = notes.findIndex((one) => one.id === id)
        if (at >= 0) notes.splice(at, 1)
      }, NOTE_MS)
    },
  }
}

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
