import type { PaidRoute } from './route.ts'

/** What OpenAI takes for a request that names none: https://platform.openai.com/docs/api-reference/moderations/create */
const DEFAULT_MODEL = 'omni-moderation-latest'

/** OpenAI's format. */
export const moderations: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/moderations',
  open: ({ formats }) => ({
    kind: 'task',
    endpoint: 'moderations',
    dialect: formats['openai-moderations'],
    defaults: { model: DEFAULT_MODEL },
  }),
}
