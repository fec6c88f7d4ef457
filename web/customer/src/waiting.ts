/** How long something has been going on, in whole seconds; 0 when nothing is. */

import { onScopeDispose, ref, watch, type Ref } from 'vue'

/** From here on a wait is shown with its seconds. */
export const LONG_WAIT_S = 10

export function useWaiting(busy: () => boolean): Ref<number> {
  const seconds = ref(0)
  let timer: ReturnType<typeof setInterval> | undefined
  watch(busy, (on) => {
    clearInterval(timer)
    seconds.value = 0
    if (on) timer = setInterval(() => { seconds.value += 1 }, 1000)
  }, { immediate: true })
  onScopeDispose(() => { clearInterval(timer) })
  return seconds
}

/** `正在核对…`, and after a while `正在核对，已等 12 秒`. */
export function waitingWords(doing: string, seconds: number): string {
  return seconds >= LONG_WAIT_S ? `${doing}，已等 ${String(seconds)} 秒` : `${doing}…`
}
