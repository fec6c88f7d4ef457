/** Banks found while their name is typed: asked a moment after the last key, an answer to older words dropped. */

import { asProblem, type Problem } from '@weiyin/shared/api'
import type { CustomerApi, PayBank } from '@weiyin/shared/api'
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

export const DEBOUNCE_MS = 350

export function useBanks(api: Pick<CustomerApi, 'payBanks'>, words: Ref<string>) {
  const found = shallowRef<PayBank[] | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const busy = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: AbortController | null = null

  function forget(): void {
    clearTimeout(timer)
    running?.abort()
    running = null
    busy.value = false
    problem.value = null
  }

  async function ask(): Promise<void> {
    forget()
    const q = words.value.trim()
    if (q === '') return
    const mine = new AbortController()
    running = mine
    busy.value = true
    try {
      const { items } = await api.payBanks({ q }, mine.signal)
      if (running === mine) found.value = items
    } catch (error) {
      if (running === mine) problem.value = asProblem(error)
    } finally {
      if (running === mine) busy.value = false
    }
  }

  watch(words, (now) => {
    forget()
    if (now.trim() === '') found.value = null
    else timer = setTimeout(() => { void ask() }, DEBOUNCE_MS)
  })
  onScopeDispose(forget)

  return { found, problem, busy, ask }
}
