/** The way back to the chat this page was opened from. */

interface WeChatBridge {
  invoke: (name: string, args: object, done?: (answer: unknown) => void) => void
  on?: (name: string, heard: (event: { fontSize?: number | string }) => void) => void
}

declare global {
  interface Window {
    WeixinJSBridge?: WeChatBridge
  }
}

/** Closes the web view; false when we are in an ordinary browser, where only the person can. */
export function backToChat(view: Window = window): boolean {
  const bridge = view.WeixinJSBridge
  const framed = view.parent !== view
  bridge?.invoke('closeWindow', {})
  // A frame around us (the simulated phone) hears only that we want to close: nothing to hide from any listener.
  if (framed) view.parent.postMessage({ weiyin: 'close' }, '*')
  return bridge !== undefined || framed
}
