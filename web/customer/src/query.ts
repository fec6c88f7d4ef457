/**
 * Server state of a page: loading, shown, failed, or shown but old because a later asking failed.
 * An answer that comes after a newer question is dropped.
 */

import { asProblem, type Problem } from '@weiyin/shared/api'
import { computed, shallowRef, type ComputedRef, type ShallowRef } from 'vue'

export interface Query<T> {
  data: ShallowRef<T | null>
  problem: ShallowRef<Problem | null>
  busy: ShallowRef<boolean>
  /** Data is shown, but the last asking for newer data failed. */
  stale: ComputedRef<boolean>
  /** Asks; with `keep`, what is shown stays until the answer comes. */
  ask: (options?: { keep?: boolean }) => Promise<void>
}

export function useQuery<T>(
  read: (signal: AbortSignal) => Promise<T>,
  onProblem: (problem: Problem) => boolean = () => false,
): Query<T> {
  const data = shallowRef<T | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const busy = shallowRef(false)
  let running: AbortController | null = null

  async function ask(options: { keep?: boolean } = {}): Promise<void> {
    running?.abort()
    const mine = new AbortController()
    running = mine
    busy.value = true
    problem.value = null
    if (!options.keep) data.value = null
    try {
      const answer = await read(mine.signal)
      if (running === mine) data.value = answer
    } catch (error) {
      if (running !== mine) return
      const met = asProblem(error)
      if (!onProblem(met)) problem.value = met
    } finally {
      if (running === mine) busy.value = false
    }
  }

  return { data, problem, busy, stale: computed(() => data.value !== null && problem.value !== null), ask }
}
