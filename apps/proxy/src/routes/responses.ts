import type { PaidRoute } from './route.ts'

/** OpenAI's newer format. */
export const responses: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/responses',
  open: ({ dialects }) => ({ kind: 'chat', endpoint: 'responses', dialect: dialects['openai-responses'] }),
}
