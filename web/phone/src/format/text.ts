// Small readings of chat text: what a short message's code is, what the chat list shows of an item, which faces a text has.
import type { Item, Outgoing, Part } from '../control/types'

/** The one-time code in a short message or a call, or null. Prefers the number next to the words 验证码 / 动态码. */
export function codeOf(text: string): string | null {
  // A call reads digit by digit.
  const spelt = /(?<!\d)\d(?:，\d){3,7}(?!\d)/.exec(text)
  if (spelt) return spelt[0].replaceAll('，', '')
  const near = /(?:验证码|动态码|校验码|密码)\D{0,8}(\d{4,8})(?!\d)/.exec(text) ?? /(?<!\d)(\d{4,8})\D{0,4}(?:验证码|动态码|校验码)/.exec(text)
  if (near?.[1] !== undefined) return near[1]
  return /(?<![\d.])(\d{6})(?![\d.])/.exec(text)?.[1] ?? null
}

/** The line under the account's name in the chat list. */
export function previewOf(item: Item): string {
  switch (item.kind) {
    case 'text':
    case 'tip':
      return plainText(item).replace(/\s+/g, ' ')
    case 'voice':
      return '[语音]'
    case 'image':
      return '[图片]'
    case 'video':
      return '[视频]'
    case 'location':
      return `[位置] ${item.location?.label ?? ''}`.trim()
    case 'link':
      return `[链接] ${item.text ?? ''}`.trim()
    case 'music':
      return `[音乐] ${item.text ?? ''}`.trim()
    case 'news':
      return item.articles?.[0]?.title ?? '[图文]'
    case 'msgmenu':
      return item.menu?.head ?? '[菜单]'
    case 'template':
    case 'notice':
      return item.template?.title ?? '[通知]'
    case 'card':
      return `[卡片] ${item.text ?? ''}`.trim()
  }
}

/** The words of an item without their links. */
export function plainText(item: Item): string {
  return item.text ?? (item.parts ?? []).map((part) => part.text).join('')
}

/** The pieces to draw: the simulator's own, or the whole text as one piece. */
export function partsOf(item: Item): Part[] {
  if (item.parts && item.parts.length > 0) return item.parts
  return [{ t: 'text', text: item.text ?? '' }]
}

/** What to send again when an item of the user's failed; null when it cannot be told from the item. */
export function resendOf(item: Item): Outgoing | null {
  switch (item.kind) {
    case 'text':
      return { type: 'text', content: plainText(item) }
    case 'voice':
      return { type: 'voice', seconds: item.seconds ?? 1, recognition: item.recognition ?? null }
    case 'image':
      return { type: 'image', name: item.text ?? '' }
    case 'video':
      return { type: 'video' }
    case 'location':
      return item.location
        ? { type: 'location', x: item.location.x, y: item.location.y, scale: 16, label: item.location.label }
        : null
    default:
      return null
  }
}

/** The host the web view shows under its title; empty when the address cannot be read. */
export function hostOf(url: string): string {
  try {
    return new URL(url, 'http://localhost').host
  } catch {
    return ''
  }
}
