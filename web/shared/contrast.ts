/**
 * Contrast of two colours as WCAG 2 counts it, and the shades of an institution's own colour that stay readable.
 */

export type Rgb = readonly [number, number, number]

/** Reads `#rgb` or `#rrggbb`; null for anything else. */
export function parseHex(text: string): Rgb | null {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1]
  if (hex === undefined) return null
  const full = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex
  const part = (at: number) => parseInt(full.slice(at, at + 2), 16)
  return [part(0), part(2), part(4)]
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((v) => {
    const c = v / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** 1 (same) to 21 (black on white). */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

/** `share` of `a`, the rest `b`. */
export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const at = (i: 0 | 1 | 2) => Math.round(a[i] * share + b[i] * (1 - share))
  return [at(0), at(1), at(2)]
}

export function toHex(rgb: Rgb): string {
  return `#${rgb.map((v) => v.toString(16).padStart(2, '0')).join('')}`
}

/** The least contrast of text anywhere on our pages. */
export const READABLE = 4.5

const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]

/** An institution's colour as CSS variables for `theme.css`; empty (the house's green) when text on it can't be read. */
export function brandVars(color: string): Record<string, string> {
  const fill = parseHex(color)
  if (!fill) return {}
  const tint = mix(fill, WHITE, 0.09)
  if (contrast(fill, WHITE) < READABLE || contrast(fill, tint) < READABLE) return {}
  return {
    '--brand-fill': toHex(fill),
    '--brand-press': toHex(mix(fill, BLACK, 0.82)),
    '--brand-ink': toHex(fill),
    '--brand-tint': toHex(tint),
  }
}
