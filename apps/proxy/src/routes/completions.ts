import { openaiCompletionsCaller } from '@atpar/dialects/openai-completions'
import type { Task } from '@atpar/core/task'
import type { PaidRoute } from './route.ts'

/** One prompt of text may go to any chat model; everything else the format says is for models that know nothing but completions. */
const TASKS: readonly Task[] = ['completion', 'chat']

/** OpenAI's older format. */
export const completions: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: '/v1/completions',
  open: () => ({ kind: 'chat', endpoint: 'completions', dialect: openaiCompletionsCaller, tasks: TASKS }),
}
