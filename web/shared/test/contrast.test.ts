import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { READABLE, brandVars, contrast, parseHex, type Rgb } from '../contrast'

const css = readFileSync(new URL('../theme.css', import.meta.url), 'utf8')
const [lightText = '', darkText = ''] = css.split('@media (prefers-color-scheme: dark)')

function colours(text: string): Record<string, Rgb> {
  const found: Record<string, Rgb> = {}
  for (const [, name, value] of text.matchAll(/--([\w-]+):\s*(?:var\([\w-]+,\s*)?(#[0-9a-f]{3,6})\)?;/gi)) {
    const rgb = parseHex(value ?? '')
    if (name !== undefined && rgb) found[name] = rgb
  }
  return found
}

const light = colours(lightText)
const dark = colours(darkText)

/** Everything that is ever text, and everything it stands on. */
const PAIRS: [string, string[]][] = [
  ['ink', ['paper', 'card', 'tint', 'accent-tint', 'danger-tint', 'wait-tint', 'info-tint']],
  ['ink-2', ['paper', 'card', 'tint']],
  ['primary-ink', ['paper', 'card', 'tint']],
  ['gain-ink', ['paper', 'card', 'gain-tint', 'tint']],
  ['accent-ink', ['paper', 'card', 'accent-tint']],
  ['danger-ink', ['paper', 'card', 'danger-tint']],
  ['wait-ink', ['paper', 'card', 'wait-tint']],
  ['info-ink', ['paper', 'card', 'info-tint']],
  ['on-fill', ['primary', 'primary-press', 'danger']],
]

describe.each([['light', light], ['dark', dark]])('%s colours', (_, theme) => {
  it.each(PAIRS.flatMap(([ink, grounds]) => grounds.map((ground) => [ink, ground])))('%s reads on %s', (ink, ground) => {
    const [a, b] = [theme[ink ?? ''], theme[ground ?? '']]
    if (!a || !b) throw new Error(`theme.css lacks ${String(ink)} or ${String(ground)}`)
    expect(contrast(a, b)).toBeGreaterThanOrEqual(READABLE)
  })

  it('draws the edge of an input so that it can be seen', () => {
    const [edge, card] = [theme['line-strong'], theme['card']]
    if (!edge || !card) throw new Error('theme.css lacks the edge')
    expect(contrast(edge, card)).toBeGreaterThanOrEqual(3)
  })
})

describe('an institution’s own colour', () => {
  it('is used when white text can be read on it', () => {
    expect(brandVars('#8A1F1F')['--brand-fill']).toBe('#8a1f1f')
  })

  it('is left aside when it is too pale, or not a colour', () => {
    expect(brandVars('#FFD54F')).toEqual({})
    expect(brandVars('red; background: url(x)')).toEqual({})
    expect(brandVars('')).toEqual({})
  })

  it('stays readable in each of its shades', () => {
    const vars = brandVars('#1D5FA8')
    const [ink, tint] = [parseHex(vars['--brand-ink'] ?? ''), parseHex(vars['--brand-tint'] ?? '')]
    if (!ink || !tint) throw new Error('no shades')
    expect(contrast(ink, tint)).toBeGreaterThanOrEqual(READABLE)
  })
})

describe('contrast', () => {
  it('is 21 for black on white and 1 for a colour on itself', () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21)
    expect(contrast([9, 99, 66], [9, 99, 66])).toBe(1)
  })
})
