// The journeys of a block, one after another in one Chromium: `scripts/e2e.sh` starts the demo and calls this.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { begin } from './lib/stage.mjs'

/** Where the second and the third block begin. Files of a block go on from one another; blocks know nothing of each other. */
const CUTS = ['b', 'k']

const [block, blocks] = (process.env.WEIYIN_BLOCK ?? '1/1').split('/').map(Number)
const cuts = blocks === 1 ? [] : CUTS
assert.equal(blocks, cuts.length + 1, 'scripts/e2e.sh starts as many blocks as there are')
const [from, to] = ['', ...cuts, '~'].slice(block - 1, block + 1)

const folder = new URL('./journeys/', import.meta.url)
for (const file of readdirSync(folder).sort()) {
  if (file >= from && file < to) await import(new URL(file, folder).href)
}
begin()
