import type { Provider } from './contract.ts'
import { OPENAI_PARAMETERS, without } from './parameters.ts'

export const xai: Provider = {
  id: 'xai',
  displayName: 'xAI',
  baseUrl: 'https://api.x.ai/v1',
  baseUrlEnv: 'XAI_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'XAI_API_KEY',
  keyCheckPath: '/models',
  local: false,
  cancelPolicy: 'drain',
  quirks: { streamUsage: 'asked', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: false },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: true,
    audioInput: false,
    jsonSchema: true,
    reasoning: true,
    multipleChoices: true,
    logprobs: true,
    promptCache: 'automatic',
  },
  parameters: without(OPENAI_PARAMETERS, 'logit_bias', 'prediction', 'verbosity', 'service_tier'),
  // Live search is billed by its sources (https://docs.x.ai/docs/guides/live-search).
  unmeteredFields: ['search_parameters'],
  links: { docs: 'https://docs.x.ai/docs', prices: 'https://docs.x.ai/docs/models', status: 'https://status.x.ai' },
  priceSourceId: 'x-ai',
  simulatorPath: '/custom/v1',
}
