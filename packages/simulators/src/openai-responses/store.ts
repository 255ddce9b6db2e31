import { Refusal } from '../refusal.ts'

/** One answer that was to be kept, as its own address gives it, with what it was an answer to. */
export interface StoredResponse {
  document: Record<string, unknown> & { id: string; output: readonly Record<string, unknown>[] }
  input: readonly Record<string, unknown>[]
  /** Every text of the conversation up to and with this answer. */
  texts: readonly string[]
}

/** The state OpenAI keeps of responses. One account: whoever has a key sees all of it, as at the real one. */
export interface ResponseStore {
  keep: (response: StoredResponse) => void
  /** @throws Refusal 404 */
  find: (id: string) => StoredResponse
  /** The texts of a response or of one of its items; undefined for ids nobody keeps. */
  textsOf: (id: string) => readonly string[] | undefined
  /** @throws Refusal 404 */
  forget: (id: string) => void
}

const MOST_RESPONSES = 10_000

export function createResponseStore(): ResponseStore {
  const responses = new Map<string, StoredResponse>()
  const items = new Map<string, string>()
  function find(id: string): StoredResponse {
    const found = responses.get(id)
    if (found === undefined) throw new Refusal(404, `Response with id '${id}' not found.`, { code: 'not_found' })
    return found
  }
  return {
    find,
    keep: (response) => {
      const [oldest] = responses.keys()
      if (responses.size >= MOST_RESPONSES && oldest !== undefined) responses.delete(oldest)
      responses.set(response.document.id, response)
      for (const item of response.document.output) items.set(String(item['id']), response.document.id)
    },
    textsOf: (id) => responses.get(items.get(id) ?? id)?.texts,
    forget: (id) => {
      find(id)
      responses.delete(id)
    },
  }
}
