import { COUNTED_BETAS } from './anthropic-betas.ts'
import type { Provider } from './contract.ts'

export const anthropic: Provider = {
  id: 'anthropic',
  displayName: 'Anthropic',
  baseUrl: 'https://api.anthropic.com/v1',
  baseUrlEnv: 'ANTHROPIC_BASE_URL',
  dialect: 'anthropic-messages',
  // The version header is required on every call: https://docs.anthropic.com/en/api/versioning
  auth: { kind: 'header', name: 'x-api-key', extra: { 'anthropic-version': '2023-06-01' } },
  credentialEnv: 'ANTHROPIC_API_KEY',
  keyCheckPath: '/models',
  local: false,
  // `message_start` already reports the input, so an estimate of a cancelled answer is exact but for its last tokens.
  cancelPolicy: 'cancel-estimate',
  quirks: { streamUsage: 'always', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: true },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: true,
    audioInput: false,
    jsonSchema: true,
    reasoning: true,
    multipleChoices: false,
    logprobs: false,
    promptCache: 'explicit',
    countsTokens: true,
  },
  parameters: [
    'max_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
    'structured_outputs',
    'reasoning',
    'service_tier',
  ],
  betas: COUNTED_BETAS,
  links: {
    docs: 'https://docs.anthropic.com/en/api',
    prices: 'https://www.anthropic.com/pricing#api',
    status: 'https://status.anthropic.com',
  },
  priceSourceId: 'anthropic',
  simulatorPath: '/anthropic/v1',
}
