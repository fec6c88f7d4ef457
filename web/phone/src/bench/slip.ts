// A paper bill of the customer's county, for the bank's 拍照缴费: drawn here, told to the company that reads photos, sent in chat.
import type { ControlApi } from '../control/api'
import type { Papers, Shown } from '../control/types'

const WIDTH = 480
const HEIGHT = 600
const FONT = "'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"
const NUMBER_DIGITS = 10
/** The household that owes as usual, and what it owes (docs: the demo's billers). */
const TAIL = '0231'
const FEN = 8600

/** The electricity bill of a household where the customer's card is from: the institution's number stands in the card's. */
export function slipOf(papers: Papers): { fee: string; number: string; fen: number } {
  const institution = papers.card_no.slice(4, 8)
  return { fee: 'electric', number: institution.padEnd(NUMBER_DIGITS - TAIL.length, '0') + TAIL, fen: FEN }
}

export function drawSlip(canvas: HTMLCanvasElement, papers: Papers): void {
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const pen = canvas.getContext('2d')
  if (!pen) return
  const text = (words: string, y: number, size: number, weight = 400) => {
    pen.font = `${weight} ${size}px ${FONT}`
    pen.fillStyle = '#1f2a24'
    pen.fillText(words, 40, y)
  }
  const slip = slipOf(papers)
  pen.fillStyle = '#fdfcf7'
  pen.fillRect(0, 0, WIDTH, HEIGHT)
  text('电费通知单', 84, 44, 600)
  text(`户号 ${slip.number}`, 180, 34)
  text(`应交 ${(slip.fen / 100).toFixed(2)} 元`, 250, 34, 600)
  text('请在月底前交清', 320, 26)
  text('样张 仅供演示', 520, 24)
}

/** A picture that is no bill: told as such, so that whoever reads photos need not take it for one that is blurred. */
export async function takeOther(api: ControlApi, canvas: HTMLCanvasElement, name: string): Promise<string> {
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const pen = canvas.getContext('2d')
  pen?.fillText(name, 40, 84)
  const picture = canvas.toDataURL('image/png').replace(/^[^,]*,/, '')
  await api.showPicture({ picture, shows: 'other' })
  return picture
}

/** Tells what the picture shows and gives the picture in base64. */
export async function takeSlip(api: ControlApi, canvas: HTMLCanvasElement, papers: Papers): Promise<string> {
  drawSlip(canvas, papers)
  const picture = canvas.toDataURL('image/png').replace(/^[^,]*,/, '')
  const shown: Shown = { picture, shows: 'bill', bills: [slipOf(papers)] }
  await api.showPicture(shown)
  return picture
}
