import type { PaidRoute } from './route.ts'

/** The format that Cohere and Jina made the field's standard. */
export const rerank: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/rerank',
  open: ({ formats }) => ({ kind: 'task', endpoint: 'rerank', dialect: formats.rerank }),
}
