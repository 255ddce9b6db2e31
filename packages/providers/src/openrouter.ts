import { PARAMETERS } from '@atpar/core/parameters'
import type { Provider } from './contract.ts'
import { without } from './parameters.ts'

export const openrouter: Provider = {
  id: 'openrouter',
  displayName: 'OpenRouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  baseUrlEnv: 'OPENROUTER_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'OPENROUTER_API_KEY',
  // The list of models is public there: https://openrouter.ai/docs/api-reference/limits
  keyCheckPath: '/key',
  local: false,
  // It stands before many providers and whether a cancel reaches them differs: https://openrouter.ai/docs/api-reference/streaming#stream-cancellation
  cancelPolicy: 'drain',
  quirks: { streamUsage: 'asked', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: false },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: true,
    audioInput: false,
    jsonSchema: true,
    reasoning: true,
    multipleChoices: false,
    logprobs: true,
    promptCache: 'automatic',
  },
  // What a model cannot do is dropped there as well: https://openrouter.ai/docs/api-reference/parameters
  parameters: without(PARAMETERS, 'n'),
  links: {
    docs: 'https://openrouter.ai/docs',
    prices: 'https://openrouter.ai/models',
    status: 'https://status.openrouter.ai',
  },
  priceSourceId: 'openrouter',
  simulatorPath: '/custom/v1',
}
