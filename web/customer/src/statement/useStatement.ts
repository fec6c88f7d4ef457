/**
 * The entries of one account: which are asked for, the pages read so far, and what failed. What is on screen stays when a
 * later page or a refresh fails; an answer to an older question is dropped.
 */

import { asProblem, type CustomerApi, type Entry, type Flow, type Problem, type Statement } from '@weiyin/shared/api'
import { computed, ref, shallowRef } from 'vue'

export interface Ask {
  account: string
  month: string
  flow: Flow
  q: string
}

type Calls = Pick<CustomerApi, 'statement'>

export function useStatement(api: Calls, leave: (problem: Problem) => boolean) {
  const ask = ref<Ask>({ account: '', month: '', flow: 'all', q: '' })
  const items = shallowRef<Entry[]>([])
  /** Everything but the entries, as the newest first page said. */
  const head = shallowRef<Omit<Statement, 'items'> | null>(null)
  const months = shallowRef<string[]>([])
  const busy = ref(false)
  const moreBusy = ref(false)
  const problem = shallowRef<Problem | null>(null)
  const moreProblem = shallowRef<Problem | null>(null)
  /** The first page on screen belongs to what is asked now. */
  const fresh = ref(false)
  let running: AbortController | null = null

  function begin(): AbortController {
    running?.abort()
    running = new AbortController()
    return running
  }

  /** Reads the first page of what is asked. */
  async function load(): Promise<void> {
    const mine = begin()
    busy.value = true
    moreBusy.value = false
    problem.value = null
    moreProblem.value = null
    try {
      const got = await readFirst(mine)
      if (running !== mine) return
      items.value = got.items
      head.value = got
      months.value = got.months
      fresh.value = true
    } catch (error) {
      if (running !== mine) return
      const met = asProblem(error)
      if (!leave(met)) problem.value = met
    } finally {
      if (running === mine) busy.value = false
    }
  }

  async function readFirst(mine: AbortController): Promise<Statement> {
    const got = await api.statement({ ...ask.value }, mine.signal)
    // What was left open is the bank's choice: its present month, its customer's first account.
    if (running === mine) {
      if (ask.value.month === '') ask.value.month = got.months[0] ?? ''
      if (ask.value.account === '') ask.value.account = got.account.id
    }
    return got
  }

  /** Reads the next page; entries already there are not shown twice. */
  async function more(): Promise<void> {
    const cursor = head.value?.next
    if (!cursor || busy.value || moreBusy.value || !head.value) return
    const mine = begin()
    moreBusy.value = true
    moreProblem.value = null
    try {
      const got = await api.statement({ ...ask.value, cursor }, mine.signal)
      if (running !== mine) return
      const known = new Set(items.value.map((item) => item.id))
      items.value = [...items.value, ...got.items.filter((item) => !known.has(item.id))]
      head.value = { ...head.value, next: got.next }
    } catch (error) {
      if (running !== mine) return
      const met = asProblem(error)
      if (!leave(met)) moreProblem.value = met
    } finally {
      if (running === mine) moreBusy.value = false
    }
  }

  /** Asks for something else; with nothing new, nothing happens. */
  function change(part: Partial<Ask>): void {
    const wished = { ...ask.value, ...part }
    if (JSON.stringify(wished) === JSON.stringify(ask.value)) return
    ask.value = wished
    fresh.value = false
    items.value = []
    void load()
  }

  return {
    ask, items, head, months, busy, moreBusy, problem, moreProblem, fresh,
    /** What is shown is older than the last, failed, asking. */
    stale: computed(() => fresh.value && problem.value !== null),
    load, more, change,
  }
}

/** The month before, when it can be asked for. */
export function monthBefore(months: string[], month: string): string | null {
  const at = months.indexOf(month)
  return at < 0 ? null : (months[at + 1] ?? null)
}
