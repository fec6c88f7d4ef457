import { describe, expect, it } from 'vitest'
import type { CollectCode } from '@weiyin/shared/api'
import { goodFor, linesOf, spoken } from '../src/collect/draw'

const CODE: CollectCode = {
  id: 'clc_1', dots: ['101', '010', '101'], url: 'https://bank.example/h5/c/bx1', name_masked: '*强', account: '借记卡8821',
  amount: { fen: 12_800 }, note: '土鸡两只', until_ms: Date.UTC(2026, 10, 23, 16, 30),
}

describe('a receiving code', () => {
  it('tells whose it is by a masked name, the sum and the note', () => {
    const words = spoken({ bank: '陵溪农商行', code: CODE })
    for (const part of ['陵溪农商行收款码', '*强', '借记卡8821', '收 128.00 元', '土鸡两只', '前有效']) expect(words).toContain(part)
  })

  it('without a sum says that it lasts, and nothing of a sum', () => {
    const plain = { ...CODE, amount: null, note: '', until_ms: null }
    expect(linesOf({ bank: '', code: plain })).toEqual([])
    expect(goodFor(plain)).toContain('一直能用')
  })
})
