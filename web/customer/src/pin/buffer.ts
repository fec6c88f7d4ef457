/**
 * The digits of a PIN while they are typed: bytes that can be overwritten, never a text (a text can't be wiped).
 *
 * Not reactive on purpose: only how many there are may reach the screen.
 */

export const PIN_DIGITS = 6

export class PinBuffer {
  readonly #digits: Uint8Array
  #length = 0

  /** A PIN, or fewer digits of another kind. */
  constructor(size: number = PIN_DIGITS) {
    this.#digits = new Uint8Array(size)
  }

  get size(): number {
    return this.#digits.length
  }

  get length(): number {
    return this.#length
  }

  get isFull(): boolean {
    return this.#length === this.size
  }

  push(digit: number): void {
    if (this.isFull || !Number.isInteger(digit) || digit < 0 || digit > 9) return
    this.#digits[this.#length] = digit
    this.#length += 1
  }

  pop(): void {
    if (this.#length === 0) return
    this.#length -= 1
    this.#digits[this.#length] = 0
  }

  wipe(): void {
    this.#digits.fill(0)
    this.#length = 0
  }

  /** Takes over the digits of another. */
  copy(other: PinBuffer): void {
    this.wipe()
    for (let i = 0; i < other.#length; i += 1) this.push(other.#digits[i] ?? 0)
  }

  /** Whether both hold the same digits; looks at all of them whatever it finds. */
  equals(other: PinBuffer): boolean {
    let differs = this.#length ^ other.#length
    for (let i = 0; i < PIN_DIGITS; i += 1) differs |= (this.#digits[i] ?? 0) ^ (other.#digits[i] ?? 0)
    return differs === 0
  }

  /** Plainly guessable: one digit throughout, or six in a row. The server knows more such rules. */
  get isPlain(): boolean {
    if (!this.isFull) return false
    const first = (this.#digits[1] ?? 0) - (this.#digits[0] ?? 0)
    if (Math.abs(first) > 1) return false
    for (let i = 2; i < PIN_DIGITS; i += 1) {
      if ((this.#digits[i] ?? 0) - (this.#digits[i - 1] ?? 0) !== first) return false
    }
    return true
  }

  /** Writes the digits as ASCII at `at` of `target`; how many bytes that took. */
  writeAscii(target: Uint8Array, at: number): number {
    for (let i = 0; i < this.#length; i += 1) target[at + i] = 0x30 + (this.#digits[i] ?? 0)
    return this.#length
  }

  /** Whatever prints or serialises a buffer gets this. */
  toJSON(): string {
    return '***'
  }

  toString(): string {
    return '***'
  }
}
