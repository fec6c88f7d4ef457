/**
 * What one types while binding: grouped for the eye, bare for the bank.
 *
 * Checks here only save a round trip (a number that is plainly unfinished); the server repeats and decides all of them.
 */

export type MaskName = 'card' | 'id' | 'id_end' | 'tail' | 'mobile' | 'name' | 'payee'

interface Mask {
  /** Sizes of groups; the last one repeats. */
  groups: number[]
  max: number
}

const MASKS: Record<Exclude<MaskName, 'name' | 'payee'>, Mask> = {
  card: { groups: [4], max: 22 },
  id: { groups: [6, 4, 4, 4], max: 18 },
  mobile: { groups: [3, 4, 4], max: 11 },
  id_end: { groups: [6], max: 6 },
  tail: { groups: [4], max: 4 },
}

const NAME_MAX = 30
/** A payee may be a firm, with digits and gaps in its name. */
const PAYEE_MAX = 60

/** Full-width digits and letters, as Chinese keyboards type them, to plain ones. */
function narrow(text: string): string {
  return text.replace(/[０-９Ａ-Ｚａ-ｚ]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
}

/** Only what belongs to the number: digits, and for an identity number an X in its last place. */
export function bare(mask: MaskName, text: string): string {
  if (mask === 'name') return text.replace(/[\s\d]/g, '').slice(0, NAME_MAX)
  if (mask === 'payee') return text.replace(/\s+/g, ' ').trimStart().slice(0, PAYEE_MAX)
  let kept = narrow(text)
  if (mask === 'mobile') kept = kept.replace(/^\s*(\+|00)86/, '')
  const ends = mask === 'id' ? 17 : mask === 'id_end' ? 5 : null
  kept = kept.replace(ends === null ? /\D/g : /[^\dXx]/g, '')
  if (ends !== null) kept = kept.slice(0, ends).replace(/[Xx]/g, '') + kept.slice(ends).toUpperCase()
  return kept.slice(0, MASKS[mask].max)
}

/** A name, not a number. */
export function isWords(mask: MaskName): mask is 'name' | 'payee' {
  return mask === 'name' || mask === 'payee'
}

/** The bare text in its groups: `6217 0000 …`. */
export function grouped(mask: MaskName, text: string): string {
  if (isWords(mask)) return text
  const { groups } = MASKS[mask]
  const parts: string[] = []
  let at = 0
  for (let i = 0; at < text.length; i += 1) {
    const size = groups[Math.min(i, groups.length - 1)] ?? 4
    parts.push(text.slice(at, at + size))
    at += size
  }
  return parts.join(' ')
}

/** What an input shows after typing, and where its caret belongs: behind the same character as before. */
export function retype(mask: MaskName, text: string, caret: number): { bare: string; shown: string; caret: number } {
  const value = bare(mask, text)
  const shown = grouped(mask, value)
  let before = bare(mask, text.slice(0, caret)).length
  let at = 0
  while (before > 0 && at < shown.length) {
    if (shown.charAt(at) !== ' ') before -= 1
    at += 1
  }
  // Typing the last character of a group moves on over the gap.
  if (caret >= text.length) at = shown.length
  return { bare: value, shown, caret: at }
}

/** What is plainly missing, in words; null when it may be sent. */
export function unfinished(mask: MaskName, value: string): string | null {
  switch (mask) {
    case 'card':
      if (value === '') return '请填银行卡号或存折账号'
      return value.length < 12 ? `号码没填完，现在是 ${String(value.length)} 位` : null
    case 'payee':
      return value.trim().length < 2 ? '请填收款人的姓名' : null
    case 'name':
      return value.length < 2 ? '请填姓名' : null
    case 'id':
      if (value === '') return '请填身份证号'
      return value.length < 18 ? `身份证号是 18 位，现在是 ${String(value.length)} 位` : null
    case 'id_end':
      return value.length < 6 ? '请填身份证最后 6 位' : null
    case 'tail':
      return value.length < 4 ? '请填最后 4 位数字' : null
    case 'mobile':
      if (value === '') return '请填手机号'
      if (!value.startsWith('1')) return '手机号是 1 开头的 11 位'
      return value.length < 11 ? `手机号是 11 位，现在是 ${String(value.length)} 位` : null
  }
}
