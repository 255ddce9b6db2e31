import type { PaidRoute } from './route.ts'

/** Anthropic's format. */
export const messages: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/messages',
  open: ({ dialects }) => ({ kind: 'chat', endpoint: 'messages', dialect: dialects['anthropic-messages'] }),
}
