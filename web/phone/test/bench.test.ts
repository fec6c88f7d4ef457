import { describe, expect, it } from 'vitest'
import { errorCode, isTrouble, matches, resultOf, summaryOf, type Wanted } from '../src/bench/exchanges'
import { endWords, hostileName } from '../src/bench/hostile'
import { PRESETS, presetOf } from '../src/bench/weather'
import { FAIR } from '../src/state/world'
import { exchange } from './fake'
import faults from '../../../crates/simulator/src/faults.rs?raw'

const ALL: Wanted = { kinds: new Set(), appid: '', text: '', onlyTrouble: false }
const TEXT = '<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[查余额]]></Content></xml>'

describe('exchanges in the developer drawer', () => {
  it('are found by kind, account and any words in them', () => {
    const one = exchange({ request_plain: TEXT })
    expect(matches(one, ALL)).toBe(true)
    expect(matches(one, { ...ALL, kinds: new Set(['api']) })).toBe(false)
    expect(matches(one, { ...ALL, appid: 'other' })).toBe(false)
    expect(matches(one, { ...ALL, text: ' 查余额 ' })).toBe(true)
    expect(matches(one, { ...ALL, text: '转账' })).toBe(false)
  })

  it('are trouble when nobody answered, by status, by outcome, or by WeChat’s own code', () => {
    expect(isTrouble(exchange({}))).toBe(false)
    expect(isTrouble(exchange({ status: 0 }))).toBe(true)
    expect(isTrouble(exchange({ status: 502 }))).toBe(true)
    expect(isTrouble(exchange({ outcome: 'timeout' }))).toBe(true)
    const refused = exchange({ kind: 'api', response_body: '{"errcode":45015,"errmsg":"…"}', outcome: 'ok' })
    expect(isTrouble(refused)).toBe(true)
    expect(resultOf(refused)).toBe('errcode 45015')
    expect(errorCode(exchange({ kind: 'api', response_body: '{"errcode":0,"errmsg":"ok"}' }))).toBeNull()
  })

  it('say which attempt it was from the second on', () => {
    expect(resultOf(exchange({}))).toBe('有回复')
    expect(resultOf(exchange({ attempt: 2, outcome: 'timeout', status: 0 }))).toBe('第 2 次 · 超时')
  })

  it('are named by what was said, the event, or the path', () => {
    expect(summaryOf(exchange({ request_plain: TEXT }))).toBe('查余额')
    expect(summaryOf(exchange({ request_plain: '<xml><Event><![CDATA[subscribe]]></Event></xml>' }))).toBe('事件 subscribe')
    expect(summaryOf(exchange({ kind: 'api', url: 'http://127.0.0.1:1/cgi-bin/menu/get?access_token=x' }))).toBe('/cgi-bin/menu/get')
  })
})

describe('the weather', () => {
  it('knows each of its presets again', () => {
    for (const one of PRESETS) expect(presetOf({ ...one.weather })?.key).toBe(one.key)
    expect(presetOf({ ...FAIR, drop_percent: 7 })).toBeNull()
  })
})

describe('fair weather', () => {
  it('clears every fault the simulator knows', () => {
    const known = [...(/struct Weather \{(.*?)\n\}/s.exec(faults)?.[1] ?? '').matchAll(/pub\(crate\) (\w+):/g)].map((one) => one[1])
    expect(known.length).toBeGreaterThan(5)
    expect(Object.keys(FAIR).sort()).toEqual(known.sort())
  })
})

describe('hostile inputs', () => {
  it('have a name, or keep the simulator’s', () => {
    expect(hostileName('cdata_end')).toBe('正文里有 ]]>')
    expect(hostileName('brand_new')).toBe('brand_new')
  })
  it('end in words', () => {
    expect(endWords([{ attempts: 1, outcome: 'acked', elapsed_ms: 12, note: '' }])).toBe('已确认 · 12 毫秒')
    expect(endWords([{ attempts: 3, outcome: 'failed', elapsed_ms: 15_000, note: '回应失败' }])).toBe('没有被接受（3 次）：回应失败')
  })
})
