/** Whole seconds until a moment, counted on the clock and not by ticks: a phone that slept shows the truth on waking. */

import { onScopeDispose, ref, watch, type Ref } from 'vue'

export function secondsUntil(untilMs: number | null, nowMs: number): number {
  return untilMs === null ? 0 : Math.max(0, Math.ceil((untilMs - nowMs) / 1000))
}

export function useCountdown(until: () => number | null, now: () => number = Date.now): Ref<number> {
  const left = ref(0)
  let timer: ReturnType<typeof setTimeout> | undefined
  const tick = () => {
    clearTimeout(timer)
    left.value = secondsUntil(until(), now())
    if (left.value > 0) timer = setTimeout(tick, 1000 - (now() % 1000) + 5)
  }
  watch(until, tick, { immediate: true })
  document.addEventListener('visibilitychange', tick)
  onScopeDispose(() => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', tick)
  })
  return left
}
