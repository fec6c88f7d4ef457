import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { read, render } from '../scripts/client.mjs'

describe('the client', () => {
  it('is what the server’s document says', () => {
    const kept = readFileSync(new URL('../api.ts', import.meta.url), 'utf8')
    expect(render(read()), 'api.ts is old: npm run client -w shared').toBe(kept)
  })

  it('cannot be made of what it does not understand', () => {
    const answer = { responses: { 200: { content: { 'application/json': { schema: { type: 'file' } } } } } }
    const paths = { '/h5/s/{slug}/api/x': { get: { operationId: 'x', ...answer } } }
    expect(() => render({ paths, components: { schemas: {} } })).toThrow('cannot say')
  })
})
