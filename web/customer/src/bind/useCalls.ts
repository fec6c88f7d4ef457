/** What the pages share that prove something step by step: one call at a time, and a step that begins at its top. */
import { nextTick, ref, watch, type Ref, type ShallowRef, type WatchSource } from 'vue'
import { asProblem, type Problem, type Way } from '@weiyin/shared/api'
import { next, type At, type BindEvent, type BindView } from './machine'

/**
 * The calls of such a page. `leave` takes problems that end the page; `again` moves back to an earlier step where a refusal
 * means that, before the refusal is shown.
 */
export function useCalls(view: ShallowRef<BindView>, leave: (problem: Problem) => boolean, again?: (problem: Problem) => void) {
  const busy: Ref<At | 'load' | null> = ref(null)

  /** One call at a time; a second tap while it runs is the first one. */
  async function run(at: At, act: () => Promise<BindEvent | null>, way: Way = 'text'): Promise<void> {
    if (busy.value !== null) return
    busy.value = at
    try {
      const event = await act()
      if (event) view.value = next(view.value, event)
    } catch (error) {
      const problem = asProblem(error)
      if (leave(problem)) return
      again?.(problem)
      view.value = next(view.value, { type: 'refused', at, problem, nowMs: Date.now(), way })
    } finally {
      busy.value = null
    }
  }

  return { busy, run }
}

const TITLE_LOOKS = 40
const TITLE_LOOK_MS = 50

/** A new step begins at its top, with the screen reader at its title. */
export function useTop(steps: WatchSource[]): void {
  watch(steps, async () => {
    await nextTick()
    window.scrollTo({ top: 0 })
    // A step whose part is still being fetched has no title yet.
    for (let looked = 0; looked < TITLE_LOOKS && document.querySelector('h1[tabindex]') === null; looked += 1) {
      await new Promise((done) => { setTimeout(done, TITLE_LOOK_MS) })
    }
    document.querySelector<HTMLElement>('h1[tabindex]')?.focus({ preventScroll: true })
  })
}
