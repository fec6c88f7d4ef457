// Pictures of invented cards for the bank's 拍照识别: drawn here, told to the company that reads photos, saved as files.
import type { Papers, Shown } from '../control/types'
import type { ControlApi } from '../control/api'

export interface Sample {
  key: 'card' | 'id' | 'blurred' | 'ticket'
  name: string
  file: string
}

export const SAMPLES: readonly Sample[] = [
  { key: 'card', name: '银行卡', file: '银行卡.png' },
  { key: 'id', name: '身份证', file: '身份证.png' },
  { key: 'blurred', name: '拍糊的卡', file: '拍糊的卡.png' },
  { key: 'ticket', name: '一张门票', file: '门票.png' },
]

/** A card's proportions (85.6 × 54 mm), large enough to read and small enough to send as it is. */
const WIDTH = 640
const HEIGHT = 404
const FONT = "'PingFang SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"

/** What stands on a picture, for whoever reads it; null for one that no one can read. */
export function shownOn(sample: Sample, papers: Papers): Omit<Shown, 'picture'> | null {
  switch (sample.key) {
    case 'card': return { shows: 'bank_card', number: papers.card_no }
    case 'id': return { shows: 'id_card', number: papers.id_no, name: papers.name }
    case 'ticket': return { shows: 'other' }
    case 'blurred': return null
  }
}

export function draw(canvas: HTMLCanvasElement, sample: Sample, papers: Papers): void {
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const pen = canvas.getContext('2d')
  if (!pen) return
  if (sample.key === 'blurred') pen.filter = 'blur(9px)'
  const text = (words: string, x: number, y: number, size: number, color: string, weight = 400) => {
    pen.font = `${weight} ${size}px ${FONT}`
    pen.fillStyle = color
    pen.fillText(words, x, y)
  }
  const ground = (color: string) => {
    pen.fillStyle = color
    pen.fillRect(0, 0, WIDTH, HEIGHT)
  }
  if (sample.key === 'card' || sample.key === 'blurred') {
    ground('#0b6b46')
    pen.fillStyle = '#d9b54a'
    pen.fillRect(44, 128, 76, 58)
    text(papers.bank, 44, 72, 34, '#fff', 600)
    text('借记卡', 500, 72, 26, '#e7f3ec')
    text(papers.card_no.replace(/(.{4})(?=.)/g, '$1 '), 44, 270, 42, '#fff', 600)
    text('样张 仅供演示', 44, 352, 22, '#e7f3ec')
  } else if (sample.key === 'id') {
    ground('#e6eef5')
    pen.fillStyle = '#b9c7d4'
    pen.beginPath()
    pen.arc(522, 146, 46, 0, Math.PI * 2)
    pen.arc(522, 268, 78, Math.PI, 0)
    pen.fill()
    text('姓名', 44, 82, 24, '#1d5fa8')
    text(papers.name, 116, 84, 34, '#1f2a24', 600)
    text('住址  某省某县某乡某村', 44, 160, 24, '#1d5fa8')
    text('样张 仅供演示', 44, 232, 24, '#5b6b62')
    text('公民身份号码', 44, 346, 24, '#1d5fa8')
    text(papers.id_no, 214, 350, 36, '#1f2a24', 600)
  } else {
    ground('#f4e3c1')
    text('陵溪县博物馆', 150, 160, 54, '#7a4b12', 600)
    text('参观券', 240, 240, 46, '#7a4b12')
    text('No. 004217', 250, 320, 26, '#7a4b12')
  }
}

/** Tells what the picture shows and gives its address for saving. */
export async function take(api: ControlApi, canvas: HTMLCanvasElement, sample: Sample, papers: Papers): Promise<string> {
  draw(canvas, sample, papers)
  const url = canvas.toDataURL('image/png')
  const shown = shownOn(sample, papers)
  if (shown) await api.showPicture({ ...shown, picture: url.replace(/^[^,]*,/, '') })
  return url
}
