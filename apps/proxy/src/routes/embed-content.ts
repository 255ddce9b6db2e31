import { isGeminiMethod, readGeminiPath } from './gemini-path.ts'
import type { PaidRoute } from './route.ts'

/** Gemini's format, one text or a list of them: the body's shape says which. */
export const embedContent: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1beta/models/{model}:embedContent',
  matches: isGeminiMethod(['embedContent', 'batchEmbedContents']),
  open: ({ formats }, path) => {
    const { model = '' } = readGeminiPath(path) ?? {}
    return {
      kind: 'task',
      endpoint: 'embed-content',
      dialect: formats['gemini-embeddings'],
      added: { model },
    }
  },
}
