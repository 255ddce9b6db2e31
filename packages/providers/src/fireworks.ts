import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS } from './parameters.ts'

export const fireworks: Provider = {
  id: 'fireworks',
  displayName: 'Fireworks AI',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  baseUrlEnv: 'FIREWORKS_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'FIREWORKS_API_KEY',
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
  parameters: OPEN_SERVER_PARAMETERS,
  links: {
    docs: 'https://docs.fireworks.ai',
    prices: 'https://fireworks.ai/pricing',
    status: 'https://status.fireworks.ai',
  },
  priceSourceId: 'fireworks',
  simulatorPath: '/custom/v1',
}
