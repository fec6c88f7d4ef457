// Named weathers of the simulated network, and which one is on.
import type { Weather } from '../control/types'
import { FAIR } from '../state/world'
import type { IconName } from '../kit/icons'

export interface Preset {
  key: string
  name: string
  about: string
  icon: IconName
  weather: Weather
}

export const PRESETS: readonly Preset[] = [
  { key: 'fair', name: '晴', about: '一切正常', icon: 'sun', weather: { ...FAIR } },
  { key: 'slow', name: '慢', about: '推送慢 2.5 秒', icon: 'cloud', weather: { ...FAIR, delay_ms: 2_500, api_delay_ms: 1_000 } },
  { key: 'broken', name: '断续', about: '三成丢失，偶尔截断', icon: 'storm', weather: { ...FAIR, delay_ms: 600, drop_percent: 30, truncate_percent: 10, api_busy_percent: 15, api_5xx_percent: 10 } },
  { key: 'twice', name: '重复投递', about: '六成消息送两次，次序打乱', icon: 'twice', weather: { ...FAIR, duplicate_percent: 60, reorder: true } },
  { key: 'core-slow', name: '核心慢', about: '银行核心慢 3 秒', icon: 'clock', weather: { ...FAIR, core_delay_ms: 3_000 } },
  { key: 'core-out', name: '核心停', about: '银行核心连不上', icon: 'close', weather: { ...FAIR, core_outage: true } },
  { key: 'core-silent', name: '核心不回话', about: '钱已动，付款的答复全丢', icon: 'message', weather: { ...FAIR, core_lost_answer_percent: 100 } },
]

/** The preset that equals this weather, or null for one of the person's own making. */
export function presetOf(weather: Weather): Preset | null {
  return PRESETS.find((one) => keys().every((key) => one.weather[key] === weather[key])) ?? null
}

function keys() {
  return Object.keys(FAIR) as (keyof Weather)[]
}
