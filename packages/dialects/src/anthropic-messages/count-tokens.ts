import type { TokenCounter } from '../contract.ts'
import { pickFields } from '../fields.ts'
import { readCount } from '../token-counts.ts'

/** https://platform.claude.com/docs/en/api/messages-count-tokens */
const ASKED = ['messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'cache_control'] as const

export const counter: TokenCounter = {
  path: () => '/messages/count_tokens',
  ask: (request, target) => ({ ...pickFields(request, ASKED), model: target.upstreamModel }),
  read: (answer) => readCount(answer, 'input_tokens') ?? null,
}
