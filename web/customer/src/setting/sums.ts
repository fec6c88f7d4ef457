/** Amounts as people type them, in fen: no floats, nothing guessed. */

/** `2000`, `2,000.50`, `２０００`, `2000元` in fen; null when it is no plain amount above nothing. */
export function yuanToFen(text: string): number | null {
  const plain = text
    .replace(/[０-９．，]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(/[\s,]/g, '')
    .replace(/元$/, '')
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(plain)
  if (!match) return null
  const fen = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0') || '0')
  return fen > 0 ? fen : null
}
