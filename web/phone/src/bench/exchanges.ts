// Choosing and naming the raw exchanges shown in the developer drawer. Pure.
import type { Exchange, ExchangeKind } from '../control/types'

export const KINDS: readonly { kind: ExchangeKind; name: string }[] = [
  { kind: 'push', name: '推送' },
  { kind: 'api', name: '接口' },
  { kind: 'oauth', name: '网页授权' },
  { kind: 'component', name: '第三方平台' },
  { kind: 'sms', name: '短信' },
  { kind: 'vendor', name: '识别、刷脸' },
]

export interface Wanted {
  /** Empty means every kind. */
  kinds: ReadonlySet<ExchangeKind>
  appid: string
  text: string
  onlyTrouble: boolean
}

export function kindName(kind: ExchangeKind): string {
  return KINDS.find((one) => one.kind === kind)?.name ?? kind
}

/** WeChat answers HTTP 200 with a code of its own; null when there is none or it says all is well. */
export function errorCode(one: Exchange): string | null {
  if (one.kind === 'push') return null
  const code = /"errcode"\s*:\s*(-?\d+)/.exec(one.response_body)?.[1]
  return code === undefined || code === '0' ? null : code
}

/** True when the far side did not answer as it should. */
export function isTrouble(one: Exchange): boolean {
  if (one.status === 0 || one.status >= 400) return true
  return /fail|drop|timeout|refus|error/i.test(one.outcome) || errorCode(one) !== null
}

/** `第 2 次 · 超时`, `errcode 45015`, `有回复` */
export function resultOf(one: Exchange): string {
  const code = errorCode(one)
  const result = code === null ? outcomeName(one.outcome) : `errcode ${code}`
  return one.attempt > 1 ? `第 ${one.attempt} 次 · ${result}` : result
}

export function matches(one: Exchange, wanted: Wanted): boolean {
  if (wanted.kinds.size > 0 && !wanted.kinds.has(one.kind)) return false
  if (wanted.appid !== '' && one.appid !== wanted.appid) return false
  if (wanted.onlyTrouble && !isTrouble(one)) return false
  const text = wanted.text.trim().toLowerCase()
  if (text === '') return true
  return [one.url, one.request_body, one.request_plain, one.response_body, one.response_plain, one.outcome, one.note, one.uid]
    .some((part) => part?.toLowerCase().includes(text) ?? false)
}

/** `/cgi-bin/token`, without host and query, for a narrow list. */
export function pathOf(url: string): string {
  try {
    return new URL(url, 'http://localhost').pathname
  } catch {
    return url
  }
}

/** What happened in a few words: `收到回复`, `已确认`, `第 2 次` … */
export function outcomeName(outcome: string): string {
  const names: Record<string, string> = {
    replied: '有回复',
    acked: '已确认',
    failed: '失败',
    timeout: '超时',
    dropped: '丢失',
    duplicate: '重复投递',
    ok: '成功',
    error: '出错',
  }
  return names[outcome] ?? outcome
}

/** The first words worth reading of an exchange: the typed text, the event, the reply. */
export function summaryOf(one: Exchange): string {
  const plain = one.request_plain ?? one.request_body
  const event = /<Event><!\[CDATA\[(.*?)\]\]><\/Event>/s.exec(plain)?.[1]
  const content = /<Content><!\[CDATA\[(.*?)\]\]><\/Content>/s.exec(plain)?.[1]
  const type = /<MsgType><!\[CDATA\[(.*?)\]\]><\/MsgType>/s.exec(plain)?.[1]
  const info = /<InfoType><!\[CDATA\[(.*?)\]\]><\/InfoType>/s.exec(plain)?.[1]
  if (event !== undefined) return `事件 ${event}`
  if (content !== undefined) return content
  if (info !== undefined) return info
  if (type !== undefined) return type
  return pathOf(one.url)
}
