import { describe, expect, it } from 'vitest'
import type { Certificate } from '@weiyin/shared/api'
import { dayOf, dots, linesOf, spoken } from '../src/certificate/draw'

const ONE: Certificate = {
  id: '7', project: '点亮蓝灯', fundraiser: '青禾省助残慈善基金会', licence: 'QH-2026-0117', what: '500 积分',
  share: '500 分 = 给孩子一节康复课', lamp: 18342, amount: null, serial: '20261123-1-blue-lamp-18342',
  check_url: 'https://wx.lingxi.example/v/gift/2/ab', qr: ['a8', '50', '80', '08', 'f8'],
  at_ms: Date.UTC(2026, 10, 23, 16, 30), voided: false, anonymous: false,
}

describe('a certificate', () => {
  it('tells the gift, its lamp and who raises funds under which licence', () => {
    const words = spoken(linesOf(ONE, '*芳', '陵溪农商行'))
    for (const part of ['*芳为「点亮蓝灯」捐出 500 积分', '第 18,342 盏', '500 分 = 给孩子一节康复课', '备案号 QH-2026-0117', '青禾省助残慈善基金会']) {
      expect(words).toContain(part)
    }
  })

  it('names nobody where the giver wants no name', () => {
    expect(linesOf(ONE, '  ', '').name).toBe('一位爱心人士')
  })

  it('has no lamp for money', () => {
    const lines = linesOf({ ...ONE, lamp: null, share: '', what: '50.00 元' }, '', '')
    expect([lines.lamp, lines.deed]).toEqual(['', ['为「点亮蓝灯」捐出 50.00 元']])
  })

  it('draws its code dot by dot, as the bank made it', () => {
    const rows = dots(linesOf(ONE, '', '').qr)
    expect(rows.map((row) => row.map((dark) => (dark ? '#' : '.')).join(''))).toEqual(['#.#.#', '.#.#.', '#....', '....#', '#####'])
  })

  it('bears the day in China', () => {
    expect(dayOf(ONE.at_ms)).toBe('2026年11月24日')
  })
})
