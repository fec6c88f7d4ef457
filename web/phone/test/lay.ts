// A desk with one phone on it, in front of the small simulator.
import { flushPromises } from '@vue/test-utils'
import { vi } from 'vitest'
import { createNotes, type Desk } from '../src/state/desk'
import { createPhones } from '../src/state/phones'
import { createWorld } from '../src/state/world'
import { FakeSimulator, USER } from './fake'

export async function layOut() {
  vi.stubGlobal('ResizeObserver', class { observe = vi.fn(); disconnect = vi.fn(); unobserve = vi.fn() })
  const simulator = new FakeSimulator()
  const phones = createPhones(null)
  const world = createWorld({ api: simulator.api, open: simulator.open, isReading: phones.isReading })
  const desk: Desk = { world, phones, ...createNotes() }
  simulator.live()
  await flushPromises()
  const phone = phones.add(USER.id)
  if (phone === null) throw new Error('no phone')
  return { simulator, desk, phone }
}
