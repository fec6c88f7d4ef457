/**
 * When to ask again what became of a payment: soon at first, then ever more seldom, and not for ever. What comes later is
 * said in chat.
 */

const PAUSES_S = [2, 3, 5, 8, 13, 20, 30]
/** From then on the chat tells. */
export const POLL_ENDS_MS = 600_000

/** How long to wait before the `asked`-th next question (0 before the first). */
export function pauseMs(asked: number): number {
  return (PAUSES_S[Math.min(asked, PAUSES_S.length - 1)] ?? 30) * 1000
}

/** Whether there is still time for one more pause, begun `sinceMs` ago. */
export function mayAsk(asked: number, sinceMs: number): boolean {
  return sinceMs + pauseMs(asked) <= POLL_ENDS_MS
}
