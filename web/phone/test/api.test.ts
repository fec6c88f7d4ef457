import { describe, expect, it } from 'vitest'
import { controlApi, ControlError } from '../src/control/api'

function answering(status: number, body: string) {
  const seen: { url: string; init: RequestInit }[] = []
  const api = controlApi((url, init) => {
    seen.push({ url, init })
    return Promise.resolve(new Response(body, { status }))
  })
  return { api, seen }
}

describe('the control API', () => {
  it('writes ids into the path and the message into the body', async () => {
    const { api, seen } = answering(200, '{"item_id":"7"}')
    expect(await api.send('wx/1', 'u 1', { type: 'text', content: '查余额' })).toEqual({ item_id: '7' })
    expect(seen[0]?.url).toBe('/control/chats/wx%2F1/u%201/send')
    expect(seen[0]?.init.body).toBe('{"type":"text","content":"查余额"}')
  })

  it('follows with the scene of a code only when there is one', async () => {
    const { api, seen } = answering(200, '{}')
    await api.follow('u1', 'wx1')
    await api.follow('u1', 'wx1', 'branch_01')
    expect(seen.map((one) => one.init.body)).toEqual(['{"appid":"wx1"}', '{"appid":"wx1","scene":"branch_01"}'])
  })

  it('hands on the simulator’s own words when it refuses', async () => {
    const { api } = answering(409, '{"code":"clock.fixed","words":"时钟不能拨"}')
    await expect(api.advance(60_000)).rejects.toMatchObject({ code: 'clock.fixed', words: '时钟不能拨', status: 409 })
  })

  it('has words for an answer that is not ours', async () => {
    const { api } = answering(502, '<html>bad gateway</html>')
    await expect(api.state()).rejects.toMatchObject({ code: 'http', status: 502 })
  })

  it('says that nobody answered', async () => {
    const api = controlApi(() => Promise.reject(new TypeError('fetch failed')))
    const failure = await api.state().catch((cause: unknown) => cause)
    expect(failure).toBeInstanceOf(ControlError)
    expect(failure).toMatchObject({ code: 'offline', words: '连不上模拟器' })
  })
})
