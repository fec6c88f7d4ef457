// The chat's faces, drawn by ourselves so that they look the same on a machine without an emoji font.
// In the wire text a face is its name in brackets, as WeChat's Chinese clients write it.

type Eyes = 'dot' | 'arc' | 'wide' | 'closed' | 'wink' | 'cross' | 'sad'
type Mouth = 'smile' | 'grin' | 'flat' | 'frown' | 'open' | 'small' | 'wave' | 'cat'

export interface Face {
  name: string
  eyes: Eyes
  mouth: Mouth
  blush?: boolean
  tears?: boolean
  brows?: 'angry' | 'worried'
  shape?: 'heart'
}

export const FACES: readonly Face[] = [
  { name: '微笑', eyes: 'dot', mouth: 'smile' },
  { name: '呲牙', eyes: 'arc', mouth: 'grin' },
  { name: '愉快', eyes: 'arc', mouth: 'smile', blush: true },
  { name: '害羞', eyes: 'closed', mouth: 'small', blush: true },
  { name: '偷笑', eyes: 'arc', mouth: 'cat', blush: true },
  { name: '憨笑', eyes: 'dot', mouth: 'grin' },
  { name: '调皮', eyes: 'wink', mouth: 'cat' },
  { name: '惊讶', eyes: 'wide', mouth: 'open' },
  { name: '疑问', eyes: 'wide', mouth: 'wave' },
  { name: '尴尬', eyes: 'dot', mouth: 'wave', brows: 'worried' },
  { name: '难过', eyes: 'sad', mouth: 'frown' },
  { name: '流泪', eyes: 'closed', mouth: 'frown', tears: true },
  { name: '发怒', eyes: 'dot', mouth: 'frown', brows: 'angry' },
  { name: '晕', eyes: 'cross', mouth: 'open' },
  { name: '睡', eyes: 'closed', mouth: 'flat' },
  { name: '爱心', eyes: 'dot', mouth: 'smile', shape: 'heart' },
]

const BY_NAME = new Map(FACES.map((face) => [face.name, face]))

export type Run = { text: string } | { face: Face }

/** `你好[微笑]` → the text and the face. Unknown names stay text. */
export function facesIn(text: string): Run[] {
  const runs: Run[] = []
  let from = 0
  for (const m of text.matchAll(/\[([\u4e00-\u9fff]{1,3})\]/g)) {
    const face = BY_NAME.get(m[1] ?? '')
    if (face === undefined) continue
    if (m.index > from) runs.push({ text: text.slice(from, m.index) })
    runs.push({ face })
    from = m.index + m[0].length
  }
  if (from < text.length || runs.length === 0) runs.push({ text: text.slice(from) })
  return runs
}
