import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS } from './parameters.ts'

export const together: Provider = {
  id: 'together',
  displayName: 'Together AI',
  baseUrl: 'https://api.together.xyz/v1',
  baseUrlEnv: 'TOGETHER_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'TOGETHER_API_KEY',
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
    promptCache: 'none',
  },
  parameters: OPEN_SERVER_PARAMETERS,
  links: {
    docs: 'https://docs.together.ai',
    prices: 'https://www.together.ai/pricing',
    status: 'https://status.together.ai',
  },
  priceSourceId: 'together',
  simulatorPath: '/custom/v1',
}
