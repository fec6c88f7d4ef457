import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { read, render } from '../scripts/client.mjs'

describe('the client', () => {
  it('is what the server’s document says', () => {
    const kept = (name: string) => readFileSync(new URL(`../${name}.ts`, import.meta.url), 'utf8')
    const { words, shapes, paying, taken, api } = render(read())
    expect(words, 'words.ts is old: npm run client -w shared').toBe(kept('words'))
    expect(shapes, 'shapes.ts is old: npm run client -w shared').toBe(kept('shapes'))
    expect(paying, 'paying.ts is old: npm run client -w shared').toBe(kept('paying'))
    expect(taken, 'taken.ts is old: npm run client -w shared').toBe(kept('taken'))
    expect(api, 'api.ts is old: npm run client -w shared').toBe(kept('api'))
  })

  it('cannot be made of what it does not understand', () => {
    const answer = { responses: { 200: { content: { 'application/json': { schema: { type: 'file' } } } } } }
    const paths = { '/h5/s/{slug}/api/x': { get: { operationId: 'x', ...answer } } }
    expect(() => render({ paths, components: { schemas: {} } })).toThrow('cannot say')
  })
})
