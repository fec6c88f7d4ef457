/**
 * Fails when a first visit to the bind page costs too much, or when a built file breaks the bank's content policy.
 *
 * The first load is index.html plus, gzipped, every script and style it and the bind page import statically. What is
 * fetched later (the PIN's cipher, sheets, other pages) is listed, not counted.
 */

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

export const FIRST_LOAD_MAX_BYTES = 100 * 1024
const BASE = '/h5/'

const say = (line) => process.stdout.write(`${line}\n`)

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? files(path) : [path]
  })
}

/** Files one page needs before it shows: its chunk and all its static imports and styles. */
export function closure(manifest, keys) {
  const seen = new Set()
  const found = new Set()
  const visit = (key) => {
    const chunk = manifest[key]
    if (!chunk || seen.has(key)) return
    seen.add(key)
    found.add(chunk.file)
    for (const css of chunk.css ?? []) found.add(css)
    for (const other of chunk.imports ?? []) visit(other)
  }
  keys.forEach(visit)
  return [...found]
}

/** What the policy `default-src 'self'; style-src 'self'; font-src 'self' data:` would refuse, and any address elsewhere. */
export function breaches(name, text) {
  const found = []
  if (name.endsWith('.html')) {
    if (/<script(?![^>]*\ssrc=)[^>]*>/i.test(text)) found.push('an inline script')
    if (/<style|\sstyle=/i.test(text)) found.push('an inline style')
    if (/\son[a-z]+=/i.test(text)) found.push('an inline handler')
    if (/(?:src|href)="(?:https?:)?\/\//i.test(text)) found.push('an address elsewhere')
  }
  if (name.endsWith('.css')) {
    if (/url\(\s*['"]?(?:https?:)?\/\//i.test(text)) found.push('an address elsewhere')
    if (/url\(\s*['"]?data:/i.test(text)) found.push('a data: address')
    if (/@font-face/i.test(text)) found.push('a font')
  }
  return found
}

function main(dist) {
  if (!existsSync(join(dist, '.vite/manifest.json'))) {
    say('budget: no build found; run `npm run build` first')
    return 1
  }
  const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
  const first = ['index.html', ...closure(manifest, ['index.html', 'src/pages/bind.vue'])]
  const size = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length
  const sizes = first.map((file) => ({ file, bytes: size(file) }))
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { file, bytes } of sizes) say(`${String(bytes).padStart(8)}  ${file}`)
  say(`${String(total).padStart(8)}  first load of ${BASE}…/bind, gzipped; at most ${FIRST_LOAD_MAX_BYTES}`)

  let wrong = total > FIRST_LOAD_MAX_BYTES ? ['the first load is too large'] : []
  if (first.some((file) => /sm2|cipher|PinStep/i.test(file))) wrong.push('the PIN’s cipher is part of the first load')
  for (const path of files(dist).filter((file) => /\.(html|css)$/.test(file))) {
    wrong = wrong.concat(breaches(path, readFileSync(path, 'utf8')).map((what) => `${relative(dist, path)} has ${what}`))
  }
  for (const what of wrong) say(`budget: ${what}`)
  return wrong.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = main(join(dirname(fileURLToPath(import.meta.url)), '../dist'))
}
