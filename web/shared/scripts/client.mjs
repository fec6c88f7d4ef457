/**
 * Makes the pages' client from `docs/api/openapi.json`: an interface for each shape that a customer's call answers in
 * `web/shared/shapes.ts` (those of payments, receiving codes, gifts, assessments and notices in `web/shared/paying.ts`), for each that a call only takes in `web/shared/taken.ts`, their closed lists of words in `web/shared/words.ts`,
 * and in `web/shared/api.ts` one method for each call.
 * `npm run client -w shared` writes it; a test holds it.
 *
 * Not for: how a call is made (`client.ts`), nor OpenAPI in general: what our own document does not use is an error here.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = '/h5/s/{slug}/api/'
const HEAD = `// Made from docs/api/openapi.json by scripts/client.mjs. Change the server's shapes, then: npm run client -w shared
`

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())
const pascal = (name) => camel(`_${name}`)
const quoted = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`)

function comment(text, indent = '') {
  if (!text) return ''
  const lines = text.trim().split('\n').map((line) => line.trim())
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`).join('\n')}\n${indent} */\n`
}

/** The TypeScript type of a schema; names of shapes it leans on go into `uses`. */
function typeOf(schema, uses) {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1)
    uses.add(name)
    return name
  }
  const parts = schema.oneOf ?? schema.anyOf
  if (parts) return [...new Set(parts.map((part) => typeOf(part, uses)))].join(' | ')
  if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' | ')
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type }, uses)).join(' | ')
  switch (schema.type) {
    case 'string': return 'string'
    case 'integer':
    case 'number': return 'number'
    case 'boolean': return 'boolean'
    case 'null': return 'null'
    case 'array': {
      const items = typeOf(schema.items, uses)
      return items.includes(' ') ? `(${items})[]` : `${items}[]`
    }
    case 'object': {
      if (schema.properties) return `{ ${fields(schema, uses).map(([line]) => line).join('; ')} }`
      if (schema.additionalProperties) return `Record<string, ${typeOf(schema.additionalProperties, uses)}>`
    }
  }
  throw new Error(`a schema this client cannot say: ${JSON.stringify(schema)}`)
}

function fields(schema, uses) {
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties).map(([name, property]) => [
    `${quoted(name)}${required.has(name) ? '' : '?'}: ${typeOf(property, uses)}`,
    property.description ?? property.oneOf?.[0].description,
  ])
}

function shape(name, schema, uses) {
  const head = comment(schema.description)
  if (schema.properties) {
    const lines = fields(schema, uses).map(([line, words]) => `${comment(words, '  ')}  ${line}\n`)
    return `${head}export interface ${name} {\n${lines.join('')}}\n`
  }
  const parts = schema.oneOf?.length > 1 ? schema.oneOf.map((part) => `\n  | ${typeOf(part, uses)}`).join('') : ` ${typeOf(schema, uses)}`
  return `${head}export type ${name} =${parts}\n`
}

/** Parameters of the query as one shape. */
function ask(parameters, name, uses) {
  const lines = parameters.map((p) => {
    return `${comment(p.description, '  ')}  ${quoted(p.name)}${p.required ? '' : '?'}: ${typeOf(p.schema, uses)}\n`
  })
  return `export interface ${name} {\n${lines.join('')}}\n`
}

function method(path, how, operation, uses, taken, asks) {
  const name = camel(operation.operationId)
  const answer = typeOf(operation.responses['200'].content['application/json'].schema, uses)
  const body = operation.requestBody?.content['application/json'].schema
  const query = (operation.parameters ?? []).filter((p) => p.in === 'query')
  const args = []
  const options = []
  if (body) {
    args.push(`body: ${typeOf(body, taken)}`)
    options.push('body')
  } else if (how === 'post') options.push('body: {}')
  if (query.length > 0) {
    const asked = `${pascal(operation.operationId)}Ask`
    asks.push(ask(query, asked, uses))
    args.push(`ask: ${asked}`)
    options.push('query: { ...ask }')
  }
  args.push('signal?: AbortSignal')
  options.push('signal')
  const words = comment(operation.description ?? operation.summary, '    ')
  return `${words}    ${name}: (${args.join(', ')}) => call<${answer}>('${path}', { ${options.join(', ')} }),\n`
}

/** The text of each shape that is used, those of its parts too. */
function shapesOf(uses, schemas) {
  const shapes = new Map()
  for (const name of uses) {
    // A Set being walked also gives what is added meanwhile.
    shapes.set(name, shape(name, schemas[name], uses))
  }
  return shapes
}

const inOrder = (shapes) => [...shapes.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text).join('')
const named = (names, texts) => [...names].filter((name) => texts.some((text) => new RegExp(`\\b${name}\\b`).test(text))).sort()
const importing = (names, from) => (names.length > 0 ? `import type { ${names.join(', ')} } from '${from}'\n` : '')

/** The texts of `words.ts`, `shapes.ts`, `paying.ts`, `taken.ts` and `api.ts`. */
export function render(document) {
  const uses = new Set(['ProblemBody'])
  const takes = new Set()
  const asks = []
  const methods = []
  for (const [path, item] of Object.entries(document.paths)) {
    if (!path.startsWith(ROOT)) continue
    for (const how of ['get', 'post']) {
      if (item[how]) methods.push(method(path.slice(ROOT.length), how, item[how], uses, takes, asks))
    }
  }
  const { schemas } = document.components
  const [answered, sent] = [shapesOf(uses, schemas), shapesOf(takes, schemas)]
  const isWords = ([name]) => schemas[name].enum !== undefined
  const words = new Map([...answered, ...sent].filter(isWords))
  const told = new Map([...answered].filter((one) => !isWords(one)))
  const isPaying = ([name]) => /^(Pay|Collect|Certificate|Risk|Notice)/.test(name)
  const shapes = new Map([...told].filter((one) => !isPaying(one)))
  const paying = new Map([...told].filter(isPaying))
  const taken = new Map([...sent].filter((one) => !isWords(one) && !told.has(one[0])))
  const calls = [...asks, ...methods]
  const leaning = (texts, ...on) => {
    const imports = on.map(([known, from]) => importing(named(known.keys(), texts), from)).join('')
    return imports === '' ? '' : `${imports}\n`
  }
  const [wordsIn, shapesIn, payingIn, takenIn] = [[words, './words'], [shapes, './shapes'], [paying, './paying'], [taken, './taken']]
  const imports = `import type { Client } from './client'
${leaning(calls, shapesIn, payingIn, takenIn, wordsIn)}export * from './client'
export * from './paying'
export * from './shapes'
export * from './taken'
export * from './words'
`
  const api = `/** The customer pages' calls, one method each. */
export function customerApi({ call, serverNow }: Client) {
  return {
    serverNow,
${methods.join('')}  }
}

export type CustomerApi = ReturnType<typeof customerApi>
`
  return {
    words: `${HEAD}\n${inOrder(words)}`,
    shapes: `${HEAD}\n${leaning([...shapes.values()], wordsIn)}${inOrder(shapes)}`,
    paying: `${HEAD}\n${leaning([...paying.values()], shapesIn, wordsIn)}${inOrder(paying)}`,
    taken: `${HEAD}\n${leaning([...taken.values()], shapesIn, payingIn, wordsIn)}${inOrder(taken)}`,
    api: [HEAD, imports, ...asks, api].join('\n'),
  }
}

const file = (path) => fileURLToPath(new URL(path, import.meta.url))

/** The document as the server prints it. */
export function read() {
  return JSON.parse(readFileSync(file('../../../docs/api/openapi.json'), 'utf8'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { words, shapes, paying, taken, api } = render(read())
  writeFileSync(file('../words.ts'), words)
  writeFileSync(file('../shapes.ts'), shapes)
  writeFileSync(file('../paying.ts'), paying)
  writeFileSync(file('../taken.ts'), taken)
  writeFileSync(file('../api.ts'), api)
}
