/** What papers that are drawn in the browser share: their colours, their letters, and the way to a PNG. */

const FONT = "'PingFang SC', 'Noto Sans CJK SC', 'Noto Sans SC', 'Microsoft YaHei', sans-serif"
/** It is a paper: light, whatever the phone's colours are. */
export const PAPER = '#fffdf8'
export const INK = '#1f2a24'
export const QUIET = '#5b6b62'
export const GREEN = '#0b6b46'

/** Twice the size in which a phone shows it, so that it prints well. */
export const WIDTH = 1080

export type Pen = CanvasRenderingContext2D

interface Manner {
  bold?: boolean
  align?: CanvasTextAlign
  /** Longer text becomes smaller, down to 24 px. */
  wide?: number
}

export function write(pen: Pen, text: string, at: [number, number], size: number, color: string, { bold = false, align = 'center', wide = WIDTH - 240 }: Manner = {}): void {
  pen.fillStyle = color
  pen.textAlign = align
  const weight = bold ? 600 : 400
  let fits = size
  pen.font = `${String(weight)} ${String(fits)}px ${FONT}`
  while (fits > 24 && pen.measureText(text).width > wide) {
    fits -= 2
    pen.font = `${String(weight)} ${String(fits)}px ${FONT}`
  }
  pen.fillText(text, at[0], at[1])
}

/** A square code: a string of 0 and 1 a row, its upper left corner and its side. */
export function squareCode(pen: Pen, rows: string[], [x, y]: [number, number], side: number): void {
  const dot = side / Math.max(rows.length, 1)
  pen.fillStyle = '#000000'
  rows.forEach((row, down) => {
    ;[...row].forEach((cell, across) => {
      if (cell === '1') pen.fillRect(x + across * dot, y + down * dot, dot + 0.5, dot + 0.5)
    })
  })
}

/** What is drawn, as a PNG; null where the browser cannot draw. */
export function imageOf(height: number, draw: (pen: Pen) => void, canvas: HTMLCanvasElement = document.createElement('canvas')): string | null {
  canvas.width = WIDTH
  canvas.height = height
  const pen = canvas.getContext('2d')
  if (pen === null) return null
  draw(pen)
  return canvas.toDataURL('image/png')
}
