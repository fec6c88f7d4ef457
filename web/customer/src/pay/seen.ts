/**
 * How long something was in sight: counted while the page is visible, over all the times it came back. On a clock that
 * nobody sets (`performance.now`), not on the phone's date.
 */

export class Seen {
  #sum = 0
  #since: number | null = null

  constructor(readonly now: () => number = () => performance.now()) {}

  start(): void {
    this.#since ??= this.now()
  }

  stop(): void {
    if (this.#since === null) return
    this.#sum += Math.max(0, this.now() - this.#since)
    this.#since = null
  }

  /** Whole milliseconds so far. */
  get ms(): number {
    const running = this.#since === null ? 0 : Math.max(0, this.now() - this.#since)
    return Math.round(this.#sum + running)
  }
}
