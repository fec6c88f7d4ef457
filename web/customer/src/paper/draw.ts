/**
 * A receipt as a picture, drawn in the browser: what stands on it, the bank's seal, and where it can be checked. What the
 * bank signed is the PDF; the picture says so.
 */
import type { PaperFact, PaperMark } from '@weiyin/shared/api'
import { GREEN, INK, PAPER, QUIET, WIDTH, imageOf, squareCode, write, type Pen } from '../kit/pen'

const RED = '#c9252d'
const RULE = '#dde5e0'
const SIDE = 96
const TOP = 300
const ROW = 74
/** Room under the facts for seal, code and what they are. */
const FOOT = 520
const SEAL = 150
/** The name goes round this part of the circle. */
const ARC = (250 * Math.PI) / 180
const CODE = 220

export interface Receipt {
  bank: string
  title: string
  facts: PaperFact[]
  /** How often it was made. */
  copy: number
  mark: PaperMark
}

/** All of it as one sentence, for who cannot see it. */
export function spoken({ bank, title, facts }: Receipt): string {
  return `${bank}${title}：${facts.map((one) => `${one.name} ${one.value}`).join('，')}。`
}

/** Where the bank's letters stand on the seal: how far round, from the top. */
export function anglesOf(bank: string): number[] {
  const letters = [...bank]
  const step = ARC / Math.max(letters.length, 1)
  return letters.map((_, n) => -ARC / 2 + step * (n + 0.5))
}

function seal(pen: Pen, bank: string, x: number, y: number): void {
  pen.save()
  pen.globalAlpha = 0.85
  pen.strokeStyle = RED
  pen.lineWidth = 7
  pen.beginPath()
  pen.arc(x, y, SEAL, 0, Math.PI * 2)
  pen.stroke()
  const angles = anglesOf(bank)
  const size = Math.min(34, Math.floor((ARC * SEAL * 0.72) / Math.max(angles.length, 1)))
  ;[...bank].forEach((letter, n) => {
    pen.save()
    pen.translate(x, y)
    pen.rotate(angles[n] ?? 0)
    write(pen, letter, [0, -(SEAL - size - 10)], size, RED, { bold: true })
    pen.restore()
  })
  pen.fillStyle = RED
  pen.beginPath()
  for (let n = 0; n < 10; n += 1) {
    const far = n % 2 === 0 ? 46 : 18
    const turn = -Math.PI / 2 + (n * Math.PI) / 5
    pen.lineTo(x + far * Math.cos(turn), y + far * Math.sin(turn))
  }
  pen.fill()
  write(pen, '电子业务专用章', [x, y + 96], 24, RED, { wide: 220 })
  pen.restore()
}

function draw(pen: Pen, { bank, title, facts, copy, mark }: Receipt, height: number): void {
  const middle = WIDTH / 2
  pen.fillStyle = PAPER
  pen.fillRect(0, 0, WIDTH, height)
  pen.strokeStyle = GREEN
  pen.lineWidth = 6
  pen.strokeRect(40, 40, WIDTH - 80, height - 80)
  write(pen, bank, [middle, 140], 48, GREEN, { bold: true })
  write(pen, title, [middle, 216], 44, INK, { bold: true })
  facts.forEach((one, n) => {
    const y = TOP + n * ROW
    write(pen, one.name, [SIDE, y], 34, QUIET, { align: 'left', wide: 240 })
    write(pen, one.value, [WIDTH - SIDE, y], 36, INK, { align: 'right', wide: 620 })
    pen.fillStyle = RULE
    pen.fillRect(SIDE, y + 24, WIDTH - SIDE * 2, 2)
  })
  const foot = TOP + facts.length * ROW + 20
  squareCode(pen, mark.rows, [SIDE, foot], CODE)
  seal(pen, bank, WIDTH - SIDE - SEAL, foot + SEAL - 10)
  write(pen, '扫码核对真伪', [SIDE + CODE / 2, foot + CODE + 48], 30, INK, { wide: CODE })
  const often = copy > 1 ? `第 ${String(copy)} 次生成（补打）。` : ''
  write(pen, `${often}图片只供查看，盖章签名以 PDF 为准，请勿重复记账。`, [middle, foot + 380], 30, QUIET)
}

/** The picture as a PNG; null where the browser cannot draw. */
export function picture(receipt: Receipt, canvas?: HTMLCanvasElement): string | null {
  const height = TOP + receipt.facts.length * ROW + FOOT
  return imageOf(height, (pen) => { draw(pen, receipt, height) }, canvas)
}
