/** A receiving code as a picture of A6, drawn in the browser: whose it is, masked, the code, the sum, and how long it is good. */
import type { CollectCode } from '@weiyin/shared/api'
import { formatFen } from '@weiyin/shared/money'
import { formatFull } from '@weiyin/shared/date'
import { GREEN, INK, PAPER, QUIET, WIDTH, imageOf, squareCode, write, type Pen } from '../kit/pen'

const HEIGHT = 1522
const SIDE = 640

export interface Shown {
  bank: string
  code: CollectCode
}

/** What stands under the code, a line each. */
export function linesOf({ code }: Shown): string[] {
  const sum = code.amount === null ? [] : [`收 ${formatFen(code.amount.fen)} 元`]
  return [...sum, ...(code.note === '' ? [] : [code.note])]
}

/** How long it is good. */
export function goodFor(code: CollectCode): string {
  return code.until_ms === null ? '一直能用，换码或停用后作废' : `${formatFull(code.until_ms)}前有效`
}

/** All of it as one sentence, for who cannot see it. */
export function spoken(shown: Shown): string {
  const { bank, code } = shown
  return `${bank}收款码：${code.name_masked}，收到${code.account}${linesOf(shown).map((line) => `，${line}`).join('')}。${goodFor(code)}。`
}

function draw(pen: Pen, shown: Shown): void {
  const { bank, code } = shown
  const middle = WIDTH / 2
  pen.fillStyle = PAPER
  pen.fillRect(0, 0, WIDTH, HEIGHT)
  pen.strokeStyle = GREEN
  pen.lineWidth = 6
  pen.strokeRect(40, 40, WIDTH - 80, HEIGHT - 80)
  write(pen, bank, [middle, 150], 52, GREEN, { bold: true })
  write(pen, '微信扫一扫，向我付款', [middle, 230], 44, INK)
  pen.fillStyle = '#ffffff'
  pen.fillRect(middle - SIDE / 2 - 32, 290, SIDE + 64, SIDE + 64)
  squareCode(pen, code.dots, [middle - SIDE / 2, 322], SIDE)
  write(pen, code.name_masked, [middle, 1096], 64, INK, { bold: true })
  linesOf(shown).forEach((line, n) => { write(pen, line, [middle, 1190 + n * 76], n === 0 && code.amount !== null ? 60 : 44, n === 0 && code.amount !== null ? GREEN : QUIET, { bold: n === 0 && code.amount !== null }) })
  write(pen, goodFor(code), [middle, 1380], 32, QUIET)
  write(pen, '付款前请当面核对姓名', [middle, 1430], 32, QUIET)
}

/** The picture as a PNG; null where the browser cannot draw. */
export function picture(shown: Shown, canvas?: HTMLCanvasElement): string | null {
  return imageOf(HEIGHT, (pen) => { draw(pen, shown) }, canvas)
}
