export interface Document {
  paths: Record<string, object>
  components: { schemas: Record<string, object> }
}
export function read(): Document
export function render(document: Document): { words: string; shapes: string; paying: string; taken: string; api: string }
