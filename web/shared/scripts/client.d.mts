export interface Document {
  paths: Record<string, object>
  components: { schemas: Record<string, object> }
}
export function read(): Document
export function render(document: Document): { shapes: string; taken: string; api: string }
