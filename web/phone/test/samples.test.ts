// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest'
import { SAMPLES, shownOn, take } from '../src/bench/samples'
import { slipOf, takeSlip } from '../src/bench/slip'
import { FakeSimulator } from './fake'

const PAPERS = { bank: '云岭农信', card_no: '6299010000000006', name: '李芳', id_no: '990102199003120041' }

describe('pictures of cards', () => {
  it('say what stands on them, except the one no one can read', () => {
    const shown = Object.fromEntries(SAMPLES.map((one) => [one.key, shownOn(one, PAPERS)]))
    expect(shown).toEqual({
      card: { shows: 'bank_card', number: PAPERS.card_no },
      id: { shows: 'id_card', number: PAPERS.id_no, name: '李芳' },
      blurred: null,
      ticket: { shows: 'other' },
    })
  })

  it('are told to the simulator before they are saved', async () => {
    const world = new FakeSimulator()
    const canvas = document.createElement('canvas')
    vi.spyOn(canvas, 'toDataURL').mockReturnValue('data:image/png;base64,AAAA')
    vi.spyOn(canvas, 'getContext').mockReturnValue(null)
    for (const sample of SAMPLES) expect(await take(world.api, canvas, sample, PAPERS)).toContain('AAAA')
    expect(world.calls).toEqual([`showPicture bank_card ${PAPERS.card_no}`, `showPicture id_card ${PAPERS.id_no}`, 'showPicture other '])
  })
})

describe('the picture of a bill', () => {
  it('is of a household where the card is from, and told before it is sent', async () => {
    expect(slipOf(PAPERS)).toEqual({ fee: 'electric', number: '0100000231', fen: 8600 })
    const world = new FakeSimulator()
    const canvas = document.createElement('canvas')
    vi.spyOn(canvas, 'toDataURL').mockReturnValue('data:image/png;base64,BBBB')
    vi.spyOn(canvas, 'getContext').mockReturnValue(null)
    expect(await takeSlip(world.api, canvas, PAPERS)).toBe('BBBB')
    expect(world.calls).toEqual(['showPicture bill '])
  })
})
