/**
 * Keeps the mobile number a customer typed, and nothing else, so that a new link does not ask for it again.
 *
 * With a name for the person (`who`) it lasts a day in this browser; without one only as long as this session's page,
 * because several people may share a browser.
 */

import type { IdentityForm } from '@weiyin/shared/api'

const DAY_MS = 86_400_000

let carried: IdentityForm | null = null

/** Hands the typed form to the bind page that opens next in this window; never leaves memory. */
export function carryForm(form: IdentityForm): void {
  carried = { ...form }
}

/** Takes it, once. */
export function takeCarriedForm(): IdentityForm | null {
  const form = carried
  carried = null
  return form
}

export interface Memory {
  read: () => string
  write: (mobile: string) => void
  forget: () => void
}

export function mobileMemory(slug: string, who: string | undefined, now: () => number = Date.now): Memory {
  const key = `weiyin:mobile:${who ?? slug}`
  const shelf = () => (who === undefined ? sessionStorage : localStorage)
  // A browser may refuse storage altogether; then the number is typed again.
  const quietly = <T>(act: () => T, otherwise: T): T => {
    try {
      return act()
    } catch {
      return otherwise
    }
  }
  return {
    read: () => quietly(() => {
      const [mobile = '', at = ''] = (shelf().getItem(key) ?? '').split('@')
      const fresh = now() - Number(at) < DAY_MS
      return fresh && /^1\d{10}$/.test(mobile) ? mobile : ''
    }, ''),
    write: (mobile) => { quietly(() => { shelf().setItem(key, `${mobile}@${String(now())}`) }, undefined) },
    forget: () => { quietly(() => { shelf().removeItem(key) }, undefined) },
  }
}
