// All journeys, one after another in one Chromium: `scripts/e2e.sh` starts the demo and calls this.
import { readdirSync } from 'node:fs'
import { begin } from './lib/stage.mjs'

const folder = new URL('./journeys/', import.meta.url)
for (const file of readdirSync(folder).sort()) await import(new URL(file, folder).href)
begin()
