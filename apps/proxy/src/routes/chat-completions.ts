import type { PaidRoute } from './route.ts'

/** OpenAI's format. */
export const chatCompletions: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/chat/completions',
  open: ({ dialects }) => ({ kind: 'chat', endpoint: 'chat.completions', dialect: dialects['openai-chat'] }),
}
