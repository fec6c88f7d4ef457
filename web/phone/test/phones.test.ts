import { describe, expect, it } from 'vitest'
import { createPhones, PHONES_MAX, phonesInAddress } from '../src/state/phones'

function memory(first: string | null = null) {
  let value = first
  return { getItem: () => value, setItem: (_key: string, next: string) => (value = next), read: () => value }
}

describe('phones on the desk', () => {
  it('come back on the next visit, in the chat they were in', () => {
    const storage = memory()
    const before = createPhones(storage)
    const phone = before.add('u1')
    if (phone) before.enter(phone, 'wx1')
    const after = createPhones(storage)
    expect(after.list.value).toHaveLength(1)
    expect(after.list.value[0]?.uid).toBe('u1')
    expect(after.list.value.map((one) => after.top(one))).toEqual([{ name: 'chat', appid: 'wx1' }])
  })

  it.each([null, 'not json', '{"a":1}', '[7,null,{"uid":3}]'])('start empty when memory holds %s', (saved) => {
    expect(createPhones(memory(saved)).list.value).toEqual([])
  })

  it('can be named in the address', () => {
    expect(phonesInAddress('?phone=li&phone=wang@wx1&phone=')).toEqual([{ uid: 'li' }, { uid: 'wang', appid: 'wx1' }])
    expect(phonesInAddress('')).toEqual([])
  })

  it('are at most a handful', () => {
    const phones = createPhones(null)
    for (let n = 0; n < PHONES_MAX; n += 1) expect(phones.add(`u${n}`)).not.toBeNull()
    expect(phones.add('one more')).toBeNull()
  })

  it('go back screen by screen and stop at home', () => {
    const phones = createPhones(null)
    const phone = phones.add('u1')
    if (!phone) throw new Error('no phone')
    phones.enter(phone, 'wx1')
    phones.push(phone, { name: 'profile', appid: 'wx1' })
    phones.back(phone)
    expect(phones.top(phone)).toEqual({ name: 'chat', appid: 'wx1' })
    phones.back(phone)
    phones.back(phone)
    expect(phones.top(phone)).toEqual({ name: 'home', tab: 'chats' })
  })

  it('say who reads what: a web page over the chat hides it', () => {
    const phones = createPhones(null)
    const phone = phones.add('u1')
    if (!phone) throw new Error('no phone')
    phones.enter(phone, 'wx1')
    expect(phones.isReading('wx1', 'u1')).toBe(true)
    expect(phones.isReading('wx1', 'u2')).toBe(false)
    phones.openWeb(phone, 'wx1', 'http://x')
    expect(phones.isReading('wx1', 'u1')).toBe(false)
    phones.closeWeb(phone)
    expect(phones.isReading('wx1', 'u1')).toBe(true)
  })

  it('open the same address afresh', () => {
    const phones = createPhones(null)
    const phone = phones.add('u1')
    if (!phone) throw new Error('no phone')
    phones.openWeb(phone, 'wx1', 'http://x')
    const first = phone.web?.load
    phones.openWeb(phone, 'wx1', 'http://x')
    expect(phone.web?.load).not.toBe(first)
  })

  it('handed to another customer forget what they showed', () => {
    const phones = createPhones(null)
    const phone = phones.add('u1', 'wx1')
    if (!phone) throw new Error('no phone')
    phones.openWeb(phone, 'wx1', 'http://x')
    phones.hand(phone, 'u2')
    expect(phone.web).toBeNull()
    expect(phones.top(phone)).toEqual({ name: 'home', tab: 'chats' })
  })
})
