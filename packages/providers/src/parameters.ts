import type { Parameter } from '@atpar/core/parameters'

/** What OpenAI's own chat completions take: https://platform.openai.com/docs/api-reference/chat/create */
export const OPENAI_PARAMETERS = [
  'max_tokens',
  'temperature',
  'top_p',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'n',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'structured_outputs',
  'reasoning',
  'service_tier',
  'prediction',
  'verbosity',
  'web_search_options',
] as const satisfies readonly Parameter[]

/** What servers of open-weight models take, most of which run vLLM: https://docs.vllm.ai/en/latest/serving/openai_compatible_server */
export const OPEN_SERVER_PARAMETERS = [
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'frequency_penalty',
  'presence_penalty',
  'repetition_penalty',
  'seed',
  'stop',
  'n',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'structured_outputs',
  'reasoning',
] as const satisfies readonly Parameter[]

export const without = (all: readonly Parameter[], ...refused: readonly Parameter[]): readonly Parameter[] =>
  all.filter((parameter) => !refused.includes(parameter))
