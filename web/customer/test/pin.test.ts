import { describe, expect, it } from 'vitest'
import { sm2 } from 'sm-crypto'
import type { PinKey } from '@weiyin/shared/api'
import { PinBuffer } from '../src/pin/buffer'
import { plaintext, sealPin } from '../src/pin/cipher'

function typed(digits: string): PinBuffer {
  const buffer = new PinBuffer()
  for (const digit of digits) buffer.push(Number(digit))
  return buffer
}

const pair = sm2.generateKeyPairHex()
const KEY: PinKey = { key_id: 'pin_1', public_key: pair.publicKey, nonce: 'n"1', openid_hash: 'ab12', layout: [], expires_in_s: 180, now_ms: 1_000 }

describe('a PIN buffer', () => {
  it('takes six digits and nothing else', () => {
    const buffer = typed('12345678')
    expect(buffer.length).toBe(6)
    buffer.push(11)
    buffer.push(-1)
    buffer.push(1.5)
    expect(buffer.length).toBe(6)
  })

  it('compares by content', () => {
    expect(typed('274906').equals(typed('274906'))).toBe(true)
    expect(typed('274906').equals(typed('274907'))).toBe(false)
    expect(typed('000').equals(typed('000000'))).toBe(false)
  })

  it('forgets the digit it takes back and everything when wiped', () => {
    const buffer = typed('274')
    buffer.pop()
    expect(buffer.length).toBe(2)
    buffer.wipe()
    const bytes = new Uint8Array(6)
    expect(buffer.writeAscii(bytes, 0)).toBe(0)
    expect([...bytes]).toEqual([0, 0, 0, 0, 0, 0])
    expect(buffer.equals(new PinBuffer())).toBe(true)
  })

  it('prints as stars', () => {
    expect(String(typed('274906'))).toBe('***')
    expect(JSON.stringify({ pin: typed('274906') })).toBe('{"pin":"***"}')
    expect(Object.keys(typed('274906'))).toEqual([])
  })

  it.each([['111111', true], ['123456', true], ['987654', true], ['274906', false], ['112233', false], ['12345', false]])('%s is plain: %s', (digits, plain) => {
    expect(typed(digits).isPlain).toBe(plain)
  })
})

describe('sealing', () => {
  it('makes C1C3C2 that only the bank’s key opens, with all the bank checks inside', () => {
    const cipher = sealPin(typed('274906'), typed('274906'), KEY, 1_795_480_985_209)
    expect(cipher).toMatch(/^[0-9a-f]+$/)
    expect(JSON.parse(sm2.doDecrypt(cipher, pair.privateKey, 1))).toEqual({ pin: '274906', again: '274906', nonce: 'n"1', ts: 1_795_480_985_209, openid_hash: 'ab12' })
    expect(sm2.doDecrypt(cipher, sm2.generateKeyPairHex().privateKey, 1)).toBe('')
  })

  it('looks different each time', () => {
    const seal = () => sealPin(typed('274906'), typed('274906'), KEY, 1)
    expect(seal()).not.toBe(seal())
  })

  it('wipes both buffers', () => {
    const [pin, again] = [typed('274906'), typed('274906')]
    sealPin(pin, again, KEY, 1)
    expect([pin.length, again.length]).toEqual([0, 0])
  })

  it('wipes them also when the key is bad', () => {
    const [pin, again] = [typed('274906'), typed('274906')]
    expect(() => sealPin(pin, again, { ...KEY, public_key: '04' + '1'.repeat(128) }, 1)).toThrow()
    expect([pin.length, again.length]).toEqual([0, 0])
  })

  it('refuses half a PIN', () => {
    expect(() => sealPin(typed('27490'), typed('27490'), KEY, 1)).toThrow('not complete')
  })

  it('leads leading zeros through', () => {
    const bytes = plaintext(typed('000000'), typed('000001'), KEY, 5)
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ pin: '000000', again: '000001', ts: 5 })
  })
})
