import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS } from './parameters.ts'

export const novita: Provider = {
  id: 'novita',
  displayName: 'Novita AI',
  baseUrl: 'https://api.novita.ai/openai/v1',
  baseUrlEnv: 'NOVITA_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'NOVITA_API_KEY',
  // The list of models is public there, so it would take any key.
  keyCheckPath: '/chat/completions',
  keyCheckBy: 'empty-request',
  local: false,
  // Whether a closed connection ends the bill is not documented, so the answer is read to its final count.
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
    docs: 'https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion',
    prices: 'https://novita.ai/pricing',
    status: 'https://status.novita.ai',
  },
  priceSourceId: 'novita',
  simulatorPath: '/custom/v1',
}
