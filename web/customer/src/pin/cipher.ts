/**
 * Seals a PIN for the bank: SM2, C1C3C2, hex without the leading `04`, over the UTF-8 JSON
 * `{"pin","again","nonce","ts","openid_hash"}`. The plaintext exists only as bytes and is overwritten before returning.
 */

import sm2 from 'sm-crypto/src/sm2/index.js'
import type { PinKey } from '@weiyin/shared/api'
import type { PinBuffer } from './buffer'

const C1C3C2 = 1

/** The envelope's bytes with the PINs written into place. */
export function plaintext(pin: PinBuffer, again: PinBuffer, key: PinKey, nowMs: number): Uint8Array {
  const encoder = new TextEncoder()
  const head = encoder.encode('{"pin":"')
  const middle = encoder.encode('","again":"')
  const rest = JSON.stringify({ nonce: key.nonce, ts: Math.round(nowMs), openid_hash: key.openid_hash }).slice(1)
  const tail = encoder.encode(`",${rest}`)
  const bytes = new Uint8Array(head.length + middle.length + tail.length + pin.size + again.size)
  let at = 0
  const put = (part: Uint8Array) => {
    bytes.set(part, at)
    at += part.length
  }
  put(head)
  at += pin.writeAscii(bytes, at)
  put(middle)
  at += again.writeAscii(bytes, at)
  put(tail)
  return bytes
}

/** Seals and wipes both buffers, whether or not it succeeds. */
export function sealPin(pin: PinBuffer, again: PinBuffer, key: PinKey, nowMs: number): string {
  let bytes: Uint8Array | null = null
  try {
    if (!pin.isFull || !again.isFull) throw new Error('a PIN is not complete')
    if (typeof crypto === 'undefined' || typeof crypto.getRandomValues !== 'function') {
      throw new Error('this browser has no secure random numbers')
    }
    bytes = plaintext(pin, again, key, nowMs)
    return sm2.doEncrypt(bytes, key.public_key, C1C3C2)
  } finally {
    bytes?.fill(0)
    pin.wipe()
    again.wipe()
  }
}
