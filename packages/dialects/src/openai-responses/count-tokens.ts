import type { TokenCounter } from '../contract.ts'
import { pickFields } from '../fields.ts'
import { readCount } from '../token-counts.ts'

/** https://platform.openai.com/docs/api-reference/responses/input-tokens */
const ASKED = [
  'input',
  'instructions',
  'parallel_tool_calls',
  'previous_response_id',
  'reasoning',
  'text',
  'tool_choice',
  'tools',
  'truncation',
] as const

export const counter: TokenCounter = {
  path: () => '/responses/input_tokens',
  ask: (request, target) => ({ ...pickFields(request, ASKED), model: target.upstreamModel }),
  read: (answer) => readCount(answer, 'input_tokens') ?? null,
}
