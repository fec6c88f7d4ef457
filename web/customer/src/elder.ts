/**
 * Type size: the elder mode the customer chose, and the size set in WeChat itself. Both only scale `rem`; layouts are
 * built to bear it, so WeChat's own text boosting is turned off (it breaks lines apart).
 */

import { ref } from 'vue'

/** 24 px where others read 17 px. */
export const ELDER_SCALE = 24 / 17
const KEY = 'weiyin:elder'

/** WeChat's levels 1 to 8, 2 being the standard; the top ones reach the elder size. */
const LEVELS = [0.94, 1, 1.06, 1.12, 1.18, 1.25, 1.33, ELDER_SCALE]

export const elder = ref(remembered())
let wechatScale = 1

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) === '1'
  } catch {
    return false
  }
}

function apply(): void {
  const root = document.documentElement
  const scale = Math.max(wechatScale, elder.value ? ELDER_SCALE : 0)
  root.classList.toggle('elder', elder.value)
  root.classList.toggle('roomy', scale > 1.2)
  root.style.setProperty('--scale', scale.toFixed(4))
}

/** Longest wait for the bank to say in which size a page is to be read. */
const UNSIZED_MS = 1_500
let waiting: ReturnType<typeof setTimeout> | undefined

/** A page is not shown until its size is known: large type that comes a moment after small type frightens people. */
export function awaitSize(): void {
  document.documentElement.classList.add('unsized')
  clearTimeout(waiting)
  waiting = setTimeout(showSized, UNSIZED_MS)
}

export function showSized(): void {
  clearTimeout(waiting)
  document.documentElement.classList.remove('unsized')
}

export function setElder(on: boolean): void {
  elder.value = on
  try {
    localStorage.setItem(KEY, on ? '1' : '0')
  } catch {
    // Private mode: the server remembers it anyway.
  }
  apply()
}

/** What a WeChat font level means for us; unknown levels mean the standard size. */
export function scaleOf(level: number | string | undefined): number {
  return LEVELS[Number(level) - 1] ?? 1
}

/** Takes WeChat's font level over from its text boosting. */
export function followWeChatFont(): void {
  apply()
  const take = () => {
    const bridge = window.WeixinJSBridge
    if (!bridge) return
    const reset = () => { bridge.invoke('setFontSizeCallback', { fontSize: 0 }) }
    reset()
    bridge.on?.('menu:setfont', (event) => {
      reset()
      wechatScale = scaleOf(event.fontSize)
      apply()
    })
  }
  if (window.WeixinJSBridge) take()
  else document.addEventListener('WeixinJSBridgeReady', take, { once: true })
}
