// Makes a wire body readable: indents JSON and XML, splits form bodies, and cuts the result into coloured tokens.
// Never throws and never drops a character that matters: what it cannot read it shows as it came.

export type BodyKind = 'json' | 'xml' | 'form' | 'text'

export interface Pretty {
  kind: BodyKind
  text: string
}

export interface Token {
  c: 'name' | 'string' | 'number' | 'word' | 'punct' | 'text'
  s: string
}

/** Bodies above this are shown as they are; indenting megabytes would freeze the page. */
const PRETTY_MAX_CHARS = 200_000

export function pretty(body: string): Pretty {
  const trimmed = body.trim()
  if (trimmed === '' || trimmed.length > PRETTY_MAX_CHARS) return { kind: 'text', text: body }
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    try {
      return { kind: 'json', text: JSON.stringify(JSON.parse(trimmed), null, 2) }
    } catch {
      return { kind: 'text', text: body }
    }
  }
  if (trimmed.startsWith('<')) {
    const indented = indentXml(trimmed)
    return indented === null ? { kind: 'text', text: body } : { kind: 'xml', text: indented }
  }
  if (/^[\w.~%+-]+=[^\s&]*(&[\w.~%+-]+=[^\s&]*)*$/.test(trimmed)) {
    return { kind: 'form', text: [...new URLSearchParams(trimmed)].map(([k, v]) => `${k} = ${v}`).join('\n') }
  }
  return { kind: 'text', text: body }
}

const XML_PIECE = /<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<\/[^>]*>|<[^!>][^>]*>|[^<]+/g

/** Null when the text is not well formed: then the raw bytes are the more honest view. */
export function indentXml(xml: string): string | null {
  const pieces = xml.match(XML_PIECE)
  if (pieces?.join('') !== xml) return null
  const lines: string[] = []
  const open: string[] = []
  let line = ''
  const flush = () => {
    if (line !== '') lines.push(line)
    line = ''
  }
  const indent = () => '  '.repeat(open.length)
  let fresh = false // the last thing was an opening tag: its text stays on its line
  for (const piece of pieces) {
    if (piece.startsWith('</')) {
      const name = tagName(piece)
      if (open.pop() !== name) return null
      if (fresh) {
        line += piece
      } else {
        flush()
        line = indent() + piece
      }
      flush()
      fresh = false
    } else if (piece.startsWith('<![CDATA[') || !piece.startsWith('<')) {
      if (piece.trim() === '') continue
      line += fresh ? piece : indent() + piece.trim()
    } else if (piece.startsWith('<?') || piece.startsWith('<!') || piece.endsWith('/>')) {
      flush()
      lines.push(indent() + piece)
      fresh = false
    } else {
      flush()
      line = indent() + piece
      open.push(tagName(piece))
      fresh = true
    }
  }
  flush()
  return open.length === 0 ? lines.join('\n') : null
}

function tagName(tag: string): string {
  return /^<\/?\s*([^\s/>]+)/.exec(tag)?.[1] ?? ''
}

const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([{}[\],:])/g
const XML_TOKEN = /(<!\[CDATA\[)([\s\S]*?)(\]\]>)|(<[^>]*>)/g

export function tokens(of: Pretty): Token[] {
  if (of.kind === 'json') return jsonTokens(of.text)
  if (of.kind === 'xml') return xmlTokens(of.text)
  return [{ c: 'text', s: of.text }]
}

function jsonTokens(text: string): Token[] {
  const out: Token[] = []
  let from = 0
  for (const m of text.matchAll(JSON_TOKEN)) {
    push(out, 'text', text.slice(from, m.index))
    const [all, string, colon, number, word] = m
    if (string !== undefined) {
      push(out, colon === undefined ? 'string' : 'name', string)
      push(out, 'punct', colon ?? '')
    } else {
      push(out, number !== undefined ? 'number' : word !== undefined ? 'word' : 'punct', all)
    }
    from = m.index + all.length
  }
  push(out, 'text', text.slice(from))
  return out
}

function xmlTokens(text: string): Token[] {
  const out: Token[] = []
  let from = 0
  for (const m of text.matchAll(XML_TOKEN)) {
    push(out, 'string', text.slice(from, m.index))
    const [all, start, inner, end] = m
    if (start !== undefined) {
      push(out, 'punct', start)
      push(out, 'string', inner ?? '')
      push(out, 'punct', end ?? '')
    } else {
      push(out, 'name', all)
    }
    from = m.index + all.length
  }
  push(out, 'string', text.slice(from))
  return out
}

function push(out: Token[], c: Token['c'], s: string) {
  if (s !== '') out.push({ c, s })
}
