/**
 * A certificate of a gift, drawn in the browser: what stands on it, and how. The name that is written on it never leaves the page.
 */
import type { Certificate } from '@weiyin/shared/api'
import { GREEN, INK, PAPER, QUIET, WIDTH, imageOf, write, type Pen } from '../kit/pen'

const HEIGHT = 1528

const GOLD = '#b7791f'
const BLUE = '#1d5fa8'
const GLOW = '#e9f1fa'

export interface Lines {
  title: string
  name: string
  /** What was done, a sentence a line. */
  deed: string[]
  /** 第 18,342 盏; empty for money. */
  lamp: string
  facts: [string, string][]
  foot: string
  /** The rows of a QR code, each as hex digits; none for an old certificate. */
  qr: string[]
}

/** `2026年11月23日`, in China wherever the phone is. */
export function dayOf(ms: number): string {
  const day = new Date(ms + 8 * 3_600_000)
  return `${String(day.getUTCFullYear())}年${String(day.getUTCMonth() + 1)}月${String(day.getUTCDate())}日`
}

export function linesOf(one: Certificate, name: string, institution: string): Lines {
  const lamp = one.lamp === null ? '' : `第 ${one.lamp.toLocaleString('en-US')} 盏`
  return {
    title: '公益证书',
    name: name.trim() === '' ? '一位爱心人士' : name.trim(),
    deed: [`为「${one.project}」捐出 ${one.what}`, ...(one.share === '' ? [] : [one.share])],
    lamp,
    facts: [
      ['日期', dayOf(one.at_ms)],
      ['编号', one.serial],
      ['募捐组织', one.fundraiser],
      ['备案号', one.licence],
    ],
    foot: institution,
    qr: one.qr,
  }
}

/** All of it as one sentence, for who cannot see it. */
export function spoken(lines: Lines): string {
  const facts = lines.facts.map(([name, value]) => `${name} ${value}`).join('，')
  return `${lines.title}：${lines.name}${lines.deed.join('，')}${lines.lamp === '' ? '' : `，点亮${lines.lamp}灯`}。${facts}。`
}

function frame(pen: Pen): void {
  pen.fillStyle = PAPER
  pen.fillRect(0, 0, WIDTH, HEIGHT)
  pen.strokeStyle = GREEN
  pen.lineWidth = 6
  pen.strokeRect(40, 40, WIDTH - 80, HEIGHT - 80)
  pen.lineWidth = 2
  pen.strokeRect(58, 58, WIDTH - 116, HEIGHT - 116)
}

/** An ear of wheat on either side of the title; the other is its mirror. */
function ear(pen: Pen, x: number, y: number, turn: 1 | -1): void {
  pen.save()
  pen.translate(x, y)
  pen.scale(turn, 1)
  pen.fillStyle = GOLD
  for (let n = 0; n < 5; n += 1) {
    for (const side of [-1, 1]) {
      pen.save()
      pen.translate(-n * 22, -n * 4)
      pen.rotate(side * 0.7)
      pen.beginPath()
      pen.ellipse(-6, side * -9, 15, 6, 0, 0, Math.PI * 2)
      pen.fill()
      pen.restore()
    }
  }
  pen.restore()
}

/** A lamp that is lit. */
function lamp(pen: Pen, x: number, y: number): void {
  const light = pen.createRadialGradient(x, y, 30, x, y, 190)
  light.addColorStop(0, '#bcd6f2')
  light.addColorStop(0.5, GLOW)
  light.addColorStop(1, PAPER)
  pen.fillStyle = light
  pen.beginPath()
  pen.arc(x, y, 190, 0, Math.PI * 2)
  pen.fill()
  pen.fillStyle = BLUE
  pen.beginPath()
  pen.arc(x, y - 14, 74, 0, Math.PI * 2)
  pen.fill()
  pen.beginPath()
  pen.moveTo(x - 66, y + 20)
  pen.quadraticCurveTo(x - 40, y + 46, x - 34, y + 74)
  pen.lineTo(x + 34, y + 74)
  pen.quadraticCurveTo(x + 40, y + 46, x + 66, y + 20)
  pen.fill()
  pen.fillStyle = GOLD
  for (const row of [84, 102]) {
    pen.beginPath()
    pen.roundRect(x - 30, y + row, 60, 12, 6)
    pen.fill()
  }
  pen.strokeStyle = PAPER
  pen.lineWidth = 7
  pen.lineCap = 'round'
  pen.beginPath()
  pen.moveTo(x - 22, y + 20)
  pen.lineTo(x - 10, y - 8)
  pen.lineTo(x, y + 12)
  pen.lineTo(x + 10, y - 8)
  pen.lineTo(x + 22, y + 20)
  pen.stroke()
}

/** A heart, for a gift of money. */
function heart(pen: Pen, x: number, y: number): void {
  pen.fillStyle = GLOW
  pen.beginPath()
  pen.arc(x, y, 150, 0, Math.PI * 2)
  pen.fill()
  pen.fillStyle = BLUE
  pen.beginPath()
  pen.moveTo(x, y + 70)
  pen.bezierCurveTo(x - 120, y - 10, x - 70, y - 95, x, y - 38)
  pen.bezierCurveTo(x + 70, y - 95, x + 120, y - 10, x, y + 70)
  pen.fill()
}

/** A QR code in a square of this side; a row has four dots a digit, the first one highest, and no more dots than there are rows. */
export function dots(rows: string[]): boolean[][] {
  return rows.map((row) => [...row].flatMap((digit) => [8, 4, 2, 1].map((bit) => (Number.parseInt(digit, 16) & bit) !== 0)).slice(0, rows.length))
}

function code(pen: Pen, rows: string[], x: number, y: number, side: number): void {
  const dot = side / rows.length
  pen.fillStyle = INK
  dots(rows).forEach((row, down) => {
    row.forEach((dark, right) => { if (dark) pen.fillRect(x + right * dot, y + down * dot, dot, dot) })
  })
}

function draw(pen: Pen, lines: Lines): void {
  const middle = WIDTH / 2
  frame(pen)
  ear(pen, middle - 210, 212, 1)
  ear(pen, middle + 210, 212, -1)
  write(pen, lines.title, [middle, 228], 84, GREEN, { bold: true, wide: 420 })
  if (lines.lamp === '') heart(pen, middle, 470)
  else lamp(pen, middle, 450)
  write(pen, lines.name, [middle, 740], 64, INK, { bold: true })
  pen.fillStyle = GOLD
  pen.fillRect(middle - 60, 770, 120, 4)
  lines.deed.forEach((text, n) => { write(pen, text, [middle, 850 + n * 66], n === 0 ? 46 : 38, n === 0 ? INK : QUIET) })
  if (lines.lamp !== '') write(pen, `点亮${lines.lamp}灯`, [middle, 1010], 60, BLUE, { bold: true })
  lines.facts.forEach(([name, value], n) => {
    const y = 1130 + n * 62
    write(pen, name, [170, y], 34, QUIET, { align: 'left', wide: 180 })
    write(pen, value, [WIDTH - 170, y], 34, INK, { align: 'right', wide: 560 })
  })
  write(pen, lines.foot, [middle, 1430], 36, GREEN, { bold: true })
  if (lines.qr.length > 0) {
    code(pen, lines.qr, WIDTH - 90 - 150, 90, 150)
    write(pen, '扫码验真', [WIDTH - 90 - 75, 276], 26, QUIET)
  }
}

/** The picture as a PNG; null where the browser cannot draw. */
export function picture(lines: Lines, canvas?: HTMLCanvasElement): string | null {
  return imageOf(HEIGHT, (pen) => { draw(pen, lines) }, canvas)
}
