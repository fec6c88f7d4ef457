/**
 * What every page of one session shares: the client for its slug, and who the customer came to.
 *
 * Not for: the content of a page.
 */

import { brandVars } from '@weiyin/shared/contrast'
import { asProblem, customerApi, openClient, pageProblem, type Bound, type CustomerApi, type Problem, type Session } from '@weiyin/shared/api'
import { shallowRef, type ShallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { awaitSize, setElder, showSized } from './elder'

export interface Bank {
  slug: string
  api: CustomerApi
  session: ShallowRef<Session | null>
  /** Set when binding ended on this page load, so that the result needs no second asking. */
  justBound: ShallowRef<Bound | null>
  /** Asks for the session again; the first caller's answer serves all who ask meanwhile. */
  refresh: () => Promise<Session>
  /** Turns elder mode on or off, here at once and at the bank for next time. */
  chooseElder: (on: boolean) => void
}

const banks = new Map<string, Bank>()

function dress(session: Session): void {
  const root = document.documentElement
  for (const name of ['--brand-fill', '--brand-press', '--brand-ink', '--brand-tint']) root.style.removeProperty(name)
  for (const [name, value] of Object.entries(brandVars(session.institution?.color ?? ''))) {
    root.style.setProperty(name, value)
  }
}

function open(slug: string): Bank {
  const api = customerApi(openClient(`/h5/s/${encodeURIComponent(slug)}/api/`))
  const session = shallowRef<Session | null>(null)
  let asked: Promise<Session> | null = null
  let chosen = false
  awaitSize()
  const refresh = () => {
    asked ??= api.session().then((read) => {
      session.value = read
      dress(read)
      if (!chosen) setElder(read.elder)
      return read
    }).finally(() => {
      asked = null
      showSized()
    })
    return asked
  }
  const chooseElder = (on: boolean) => {
    chosen = true
    setElder(on)
    // Only a wish about type size: nothing to tell the customer when it can't be kept.
    api.setElder({ on }).catch(() => undefined)
  }
  return { slug, api, session, justBound: shallowRef(null), refresh, chooseElder }
}

/** The bank behind a session's pages. */
export function useBank(slug: string): Bank {
  const known = banks.get(slug)
  if (known) return known
  const bank = open(slug)
  banks.set(slug, bank)
  return bank
}

/** Gives a handler that leaves for the problem page when a refusal takes the whole page; false when it does not. */
export function useLeave(): (problem: Problem) => boolean {
  const router = useRouter()
  return (problem) => {
    if (problem.code === CONSENT_RENEW) {
      const { name, params } = router.currentRoute.value
      void router.replace({ name: 'agree', params, query: { back: String(name) } })
      return true
    }
    const code = pageProblem(problem)
    if (code === null) return false
    void router.replace({ name: 'problem', query: { code } })
    return true
  }
}

/** An agreement changed: it is read and agreed to before anything else. */
const CONSENT_RENEW = 'consent.renew'

/** The refusal of pages that need a binding. */
export const NOT_BOUND = 'bind.missing'

export { asProblem }
