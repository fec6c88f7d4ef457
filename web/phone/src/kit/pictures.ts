// The pictures a simulated customer can send; drawn in `Picture.vue`. The name travels to the simulator.
export const PICTURES = [
  { name: '存折内页', scene: 'book' },
  { name: '付款截图', scene: 'shot' },
  { name: '稻田', scene: 'field' },
] as const

export type Scene = (typeof PICTURES)[number]['scene']

export function sceneOf(name: string): Scene {
  return PICTURES.find((one) => one.name === name)?.scene ?? 'field'
}
