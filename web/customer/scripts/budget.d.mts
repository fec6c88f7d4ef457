interface Chunk {
  file: string
  css?: string[]
  imports?: string[]
  dynamicImports?: string[]
}
export const FIRST_LOAD_MAX_BYTES: number
export function closure(manifest: Record<string, Chunk>, keys: string[]): string[]
export function breaches(name: string, text: string): string[]
