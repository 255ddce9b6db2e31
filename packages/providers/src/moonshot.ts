import type { Provider } from './contract.ts'

export const moonshot: Provider = {
  id: 'moonshot',
  displayName: 'Moonshot AI',
  baseUrl: 'https://api.moonshot.ai/v1',
  baseUrlEnv: 'MOONSHOT_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'MOONSHOT_API_KEY',
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
    logprobs: false,
    promptCache: 'automatic',
  },
  links: {
    docs: 'https://platform.moonshot.ai/docs',
    prices: 'https://platform.moonshot.ai/docs/pricing/chat',
    status: 'https://status.moonshot.cn',
  },
  priceSourceId: 'moonshotai',
  simulatorPath: '/custom/v1',
}
