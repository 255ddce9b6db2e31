import type { PaidRoute } from './route.ts'

/** OpenAI's format. */
export const embeddings: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/embeddings',
  open: ({ formats }) => ({ kind: 'task', endpoint: 'embeddings', dialect: formats['openai-embeddings'] }),
}
