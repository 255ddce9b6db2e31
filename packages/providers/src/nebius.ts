import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS } from './parameters.ts'

export const nebius: Provider = {
  id: 'nebius',
  displayName: 'Nebius Token Factory',
  baseUrl: 'https://api.tokenfactory.nebius.com/v1',
  baseUrlEnv: 'NEBIUS_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'NEBIUS_API_KEY',
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
    jsonSchema: true,
    reasoning: true,
    multipleChoices: true,
    logprobs: true,
    promptCache: 'none',
  },
  parameters: OPEN_SERVER_PARAMETERS,
  links: {
    docs: 'https://docs.tokenfactory.nebius.com/api-reference/introduction',
    prices: 'https://tokenfactory.nebius.com/pricing',
    status: null,
  },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
