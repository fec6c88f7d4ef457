import { afterEach, describe, expect, it, vi } from 'vitest'
import { flushPromises } from '@vue/test-utils'
import { ControlError } from '../src/control/api'
import { createWorld, SMS_MAX, type World, type WorldOptions } from '../src/state/world'
import { ACCOUNT, exchange, FakeSimulator, NOW, USER } from './fake'

const APPID = ACCOUNT.appid
const UID = USER.id
let world: World | undefined

async function started(over: Partial<WorldOptions> = {}) {
  const simulator = new FakeSimulator()
  world = createWorld({ api: simulator.api, open: simulator.open, ...over })
  simulator.live()
  await flushPromises()
  return { simulator, world }
}

afterEach(() => {
  world?.close()
  vi.useRealTimers()
})

describe('the world', () => {
  it('is loaded when the stream opens', async () => {
    const { world } = await started()
    expect(world.ready.value).toBe(true)
    expect(world.accounts.value.map((one) => one.name)).toEqual(['云岭农信'])
    expect(world.link.value).toBe('live')
  })

  it('runs its clock on from the last known time', async () => {
    let ms = 1_000
    const { world, simulator } = await started({ monotonic: () => ms })
    ms += 5_000
    world.tick()
    expect(world.now.value).toBe(NOW + 5_000)
    simulator.emit({ kind: 'clock', now_ms: NOW + 86_400_000 })
    expect(world.now.value).toBe(NOW + 86_400_000)
  })

  it('shows a text at once and keeps it once it has arrived', async () => {
    const { world, simulator } = await started()
    const sending = world.send(APPID, UID, { type: 'text', content: '查余额' })
    expect(world.chat(APPID, UID).items.map((one) => one.state)).toEqual(['sending'])
    await sending
    simulator.emit({ kind: 'item', appid: APPID, uid: UID, item: { id: '1', at_ms: NOW, side: 'user', kind: 'text', text: '查余额', state: 'sent' } })
    expect(world.chat(APPID, UID).items.map((one) => [one.id, one.state])).toEqual([['1', 'sent']])
  })

  it('marks a text that could not leave and sends it again on request', async () => {
    const { world, simulator } = await started()
    simulator.broken = new ControlError('offline', '连不上模拟器', 0)
    expect(await world.send(APPID, UID, { type: 'text', content: '在吗' })).toBe(false)
    const failed = world.chat(APPID, UID).items[0]
    expect(failed?.state).toBe('failed')
    simulator.broken = null
    if (failed) expect(await world.resend(APPID, UID, failed)).toBe(true)
    expect(simulator.sent.map((one) => one.what)).toEqual([{ type: 'text', content: '在吗' }])
    expect(world.chat(APPID, UID).items).toHaveLength(1)
  })

  it('counts what nobody is looking at as unread', async () => {
    let reading = false
    const { world, simulator } = await started({ isReading: () => reading })
    simulator.emit({ kind: 'item', appid: APPID, uid: UID, item: simulator.item({}) })
    reading = true
    simulator.emit({ kind: 'item', appid: APPID, uid: UID, item: simulator.item({}) })
    expect(world.chat(APPID, UID).unread).toBe(1)
    world.read(APPID, UID)
    expect(world.chat(APPID, UID).unread).toBe(0)
  })

  it('does not count one message twice', async () => {
    const { world, simulator } = await started()
    const item = simulator.item({})
    simulator.emit({ kind: 'item', appid: APPID, uid: UID, item })
    simulator.emit({ kind: 'item', appid: APPID, uid: UID, item })
    expect(world.chat(APPID, UID).unread).toBe(1)
    expect(world.chat(APPID, UID).items).toHaveLength(1)
  })

  it('ends the typing state with the message or by itself', async () => {
    vi.useFakeTimers()
    const { world, simulator } = await started()
    simulator.emit({ kind: 'typing', appid: APPID, uid: UID, on: true })
    expect(world.chat(APPID, UID).typing).toBe(true)
    simulator.emit({ kind: 'item', appid: APPID, uid: UID, item: simulator.item({}) })
    expect(world.chat(APPID, UID).typing).toBe(false)
    simulator.emit({ kind: 'typing', appid: APPID, uid: UID, on: true })
    vi.advanceTimersByTime(15_000)
    expect(world.chat(APPID, UID).typing).toBe(false)
  })

  it('reads again what it may have missed while it was cut off', async () => {
    vi.useFakeTimers()
    const { world, simulator } = await started()
    await world.reloadChat(APPID, UID)
    simulator.source.onerror?.()
    expect(world.link.value).toBe('lost')
    simulator.chatOf(APPID, UID).items.push(simulator.item({ text: '断开时来的' }))
    vi.advanceTimersByTime(500)
    simulator.live()
    await flushPromises()
    expect(world.chat(APPID, UID).items.map((one) => one.text)).toEqual(['断开时来的'])
  })

  it('follows and unfollows, and the chat knows', async () => {
    const { world, simulator } = await started()
    simulator.chatOf(APPID, UID).followed = false
    await world.reloadChat(APPID, UID)
    expect(world.chat(APPID, UID).followed).toBe(false)
    await world.follow(UID, APPID)
    expect(world.chat(APPID, UID).followed).toBe(true)
    await world.unfollow(UID, APPID)
    expect(world.chat(APPID, UID).followed).toBe(false)
  })

  it('takes the weather back when the simulator refuses it, and says why', async () => {
    const told: string[] = []
    const { world, simulator } = await started({ onTrouble: (words) => told.push(words) })
    simulator.broken = new ControlError('busy', '模拟器忙', 503)
    expect(await world.setWeather({ drop_percent: 50 })).toBe(false)
    expect(world.weather.value.drop_percent).toBe(0)
    expect(told).toEqual(['模拟器忙'])
  })

  it('keeps the newest short messages and exchanges first, and not without end', async () => {
    const { world, simulator } = await started()
    for (let n = 0; n < SMS_MAX + 5; n += 1) simulator.emit({ kind: 'sms', sms: { id: `s${n}`, at_ms: NOW + n, way: 'text', to: '138', text: '验证码 123456' } })
    expect(world.sms.value).toHaveLength(SMS_MAX)
    expect(world.sms.value[0]?.id).toBe(`s${SMS_MAX + 4}`)
    simulator.emit({ kind: 'exchange', exchange: exchange({ id: '9', status: 0 }) })
    simulator.emit({ kind: 'exchange', exchange: exchange({ id: '9', status: 200 }) })
    expect(world.exchanges.value.map((one) => one.status)).toEqual([200])
  })

  it('says when a chat cannot be read, and reads it on the next try', async () => {
    const { world, simulator } = await started()
    simulator.broken = new ControlError('offline', '连不上模拟器', 0)
    await world.reloadChat(APPID, UID)
    expect(world.chat(APPID, UID).load).toBe('error')
    simulator.broken = null
    await world.reloadChat(APPID, UID)
    expect(world.chat(APPID, UID).load).toBe('ready')
  })
})
