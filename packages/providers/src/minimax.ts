import type { Provider } from './contract.ts'

export const minimax: Provider = {
  id: 'minimax',
  displayName: 'MiniMax',
  baseUrl: 'https://api.minimax.io/v1',
  baseUrlEnv: 'MINIMAX_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'MINIMAX_API_KEY',
  keyCheckPath: '/models',
  local: false,
  // Whether a closed connection ends the bill is not documented, so the answer is read to its final count.
  cancelPolicy: 'drain',
  quirks: { streamUsage: 'asked', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: false },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: true,
    audioInput: false,
    jsonSchema: false,
    reasoning: true,
    multipleChoices: false,
    logprobs: false,
    promptCache: 'automatic',
  },
  // Penalties and `logit_bias` are ignored, only one answer is made: https://platform.minimax.io/docs/api-reference/text-openai-api
  parameters: ['max_tokens', 'temperature', 'top_p', 'tools', 'tool_choice', 'response_format', 'reasoning'],
  links: {
    docs: 'https://platform.minimax.io/docs/api-reference/text-openai-api',
    prices: 'https://platform.minimax.io/docs/guides/pricing-paygo',
    status: null,
  },
  priceSourceId: 'minimax',
  simulatorPath: '/custom/v1',
}
