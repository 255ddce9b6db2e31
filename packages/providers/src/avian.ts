import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS, without } from './parameters.ts'

export const avian: Provider = {
  id: 'avian',
  displayName: 'Avian',
  baseUrl: 'https://api.avian.io/v1',
  baseUrlEnv: 'AVIAN_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'AVIAN_API_KEY',
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
    multipleChoices: false,
    logprobs: false,
    promptCache: 'none',
  },
  parameters: without(OPEN_SERVER_PARAMETERS, 'n', 'logit_bias', 'logprobs', 'top_logprobs'),
  links: { docs: 'https://avian.io/docs', prices: 'https://avian.io/pricing/', status: null },
  priceSourceId: 'avian',
  simulatorPath: '/custom/v1',
}
