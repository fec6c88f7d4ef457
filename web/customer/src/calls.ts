/** A page's calls: one at a time, and what was refused is shown where it stands. */
import { ref, shallowRef } from 'vue'
import { asProblem, type Problem } from '@weiyin/shared/api'
import { useLeave } from './bank'

export function useRun() {
  const leave = useLeave()
  const busy = ref(false)
  const problem = shallowRef<Problem | null>(null)

  /** A second tap while a call runs is the first one. */
  async function run(call: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    problem.value = null
    try {
      await call()
    } catch (error) {
      const met = asProblem(error)
      if (!leave(met)) problem.value = met
    } finally {
      busy.value = false
    }
  }

  return { busy, problem, run }
}
