// What a page in the web view may say to the phone by postMessage; stands for WeChat's own JS bridge.

export type PageMessage = { weiyin: 'close' } | { weiyin: 'title'; title: string }

const TITLE_MAX_CHARS = 40

/** Null for anything else a page may post. */
export function readPageMessage(data: unknown): PageMessage | null {
  if (typeof data !== 'object' || data === null || !('weiyin' in data)) return null
  if (data.weiyin === 'close') return { weiyin: 'close' }
  if (data.weiyin === 'title' && 'title' in data && typeof data.title === 'string') {
    return { weiyin: 'title', title: data.title.slice(0, TITLE_MAX_CHARS) }
  }
  return null
}
