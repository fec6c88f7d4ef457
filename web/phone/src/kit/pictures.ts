// The pictures a simulated customer can send; drawn in `Picture.vue`. The name travels to the simulator.
/** The one that the bank can read. */
export const SLIP = '电费单'

export const PICTURES = [
  { name: SLIP, scene: 'slip' },
  { name: '存折内页', scene: 'book' },
  { name: '付款截图', scene: 'shot' },
  { name: '稻田', scene: 'field' },
] as const

export type Scene = (typeof PICTURES)[number]['scene']

/** The drawing of a picture the simulator keeps under this address, when it is one of ours. */
export function sceneAt(url: string): Scene | null {
  const name = /[?&]name=([^&]*)/.exec(url)?.[1]
  if (name === undefined) return null
  try {
    return PICTURES.find((one) => one.name === decodeURIComponent(name))?.scene ?? null
  } catch {
    return null
  }
}

export function sceneOf(name: string): Scene {
  return PICTURES.find((one) => one.name === name)?.scene ?? 'field'
}
