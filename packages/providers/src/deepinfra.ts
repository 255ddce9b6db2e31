import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS, without } from './parameters.ts'

export const deepinfra: Provider = {
  id: 'deepinfra',
  displayName: 'DeepInfra',
  baseUrl: 'https://api.deepinfra.com/v1/openai',
  baseUrlEnv: 'DEEPINFRA_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'DEEPINFRA_API_KEY',
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
    audioInput: true,
    jsonSchema: true,
    reasoning: true,
    multipleChoices: true,
    logprobs: true,
    promptCache: 'automatic',
  },
  parameters: [...without(OPEN_SERVER_PARAMETERS, 'parallel_tool_calls'), 'service_tier'],
  links: {
    docs: 'https://deepinfra.com/docs/openai_api',
    prices: 'https://deepinfra.com/pricing',
    status: 'https://status.deepinfra.com',
  },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
