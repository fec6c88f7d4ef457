import { describe, expect, it } from 'vitest'
import type { Item } from '../src/control/types'
import { facesIn } from '../src/format/faces'
import { codeOf, hostOf, partsOf, previewOf, resendOf } from '../src/format/text'
import { sceneAt } from '../src/kit/pictures'
import { readPageMessage } from '../src/phone/pageMessage'

const item = (over: Partial<Item>): Item => ({ id: '1', at_ms: 0, side: 'account', kind: 'text', state: 'sent', ...over })

describe('the code in a short message', () => {
  it.each([
    ['【云岭农信】验证码 482913，3 分钟内有效。', '482913'],
    ['您的验证码是：4，8，2，9，1，3。再念一遍：4，8，2，9，1，3。', '482913'],
    ['您的动态码为：0042，请勿告诉他人', '0042'],
    ['482913 是您的验证码', '482913'],
    ['尾号6688 于 11-23 支出 123456.78 元，验证码：771204', '771204'],
  ])('%s', (text, code) => {
    expect(codeOf(text)).toBe(code)
  })

  it.each(['您尾号6688的账户到账 1,280.50 元', '客服电话 95688000112'])('is not found where there is none: %s', (text) => {
    expect(codeOf(text)).toBeNull()
  })
})

describe('the chat list line', () => {
  it('names what cannot be shown as text', () => {
    expect(previewOf(item({ kind: 'voice', seconds: 3 }))).toBe('[语音]')
    expect(previewOf(item({ kind: 'location', location: { x: 1, y: 2, label: '青禾镇' } }))).toBe('[位置] 青禾镇')
    expect(previewOf(item({ kind: 'template', template: { title: '交易提醒', rows: [], url: '' } }))).toBe('交易提醒')
    expect(previewOf(item({ kind: 'news', articles: [{ title: '明细', description: '', pic_url: '', url: '' }] }))).toBe('明细')
  })
  it('puts a text of several lines on one', () => {
    expect(previewOf(item({ text: '您好\n请选择' }))).toBe('您好 请选择')
  })
  it('joins the parts when there is no whole text', () => {
    expect(previewOf(item({ parts: [{ t: 'text', text: '看' }, { t: 'link', text: '明细', href: 'http://x' }] }))).toBe('看明细')
  })
})

describe('parts of a text', () => {
  it('are the simulator’s, or the whole text', () => {
    expect(partsOf(item({ text: '<a href="http://x">x</a>' }))).toEqual([{ t: 'text', text: '<a href="http://x">x</a>' }])
    expect(partsOf(item({ text: 'x', parts: [{ t: 'menu', text: '查余额', id: '1' }] }))).toHaveLength(1)
  })
})

describe('sending a failed item again', () => {
  it('sends the same thing', () => {
    expect(resendOf(item({ side: 'user', text: '查余额' }))).toEqual({ type: 'text', content: '查余额' })
    expect(resendOf(item({ kind: 'voice', seconds: 4, recognition: '' }))).toEqual({ type: 'voice', seconds: 4, recognition: '' })
  })
  it('is not offered for what only an account sends', () => {
    expect(resendOf(item({ kind: 'template' }))).toBeNull()
  })
})

describe('faces in a text', () => {
  it('are cut out and unknown names stay', () => {
    const runs = facesIn('好[微笑][没有这个]')
    expect(runs.map((run) => ('text' in run ? run.text : `<${run.face.name}>`))).toEqual(['好', '<微笑>', '[没有这个]'])
  })
  it('leaves an empty text one empty run', () => {
    expect(facesIn('')).toEqual([{ text: '' }])
  })
})

describe('what a page in the web view may say', () => {
  it('is close, or a title cut to size, and nothing else', () => {
    expect(readPageMessage({ weiyin: 'close' })).toEqual({ weiyin: 'close' })
    expect(readPageMessage({ weiyin: 'title', title: '明'.repeat(99) })).toEqual({ weiyin: 'title', title: '明'.repeat(40) })
    for (const other of [null, 'close', { weiyin: 'open' }, { weiyin: 'title', title: 7 }, { type: 'webpackOk' }]) {
      expect(readPageMessage(other)).toBeNull()
    }
  })
})

describe('the host under a page', () => {
  it('is empty when the address cannot be read', () => {
    expect(hostOf('http://127.0.0.1:8080/h5/l/x')).toBe('127.0.0.1:8080')
    expect(hostOf('http://')).toBe('')
  })
})

describe('a picture kept by the simulator', () => {
  it('is drawn when it is one of ours', () => {
    expect(sceneAt('/media/abc?name=%E7%A8%BB%E7%94%B0')).toBe('field')
    expect(sceneAt('/media/abc?name=x')).toBeNull()
    expect(sceneAt('/media/abc')).toBeNull()
    expect(sceneAt('/media/abc?name=%E7%')).toBeNull()
  })
})
