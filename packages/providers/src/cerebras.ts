import type { Provider } from './contract.ts'
import { OPENAI_PARAMETERS, without } from './parameters.ts'

export const cerebras: Provider = {
  id: 'cerebras',
  displayName: 'Cerebras',
  baseUrl: 'https://api.cerebras.ai/v1',
  baseUrlEnv: 'CEREBRAS_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'CEREBRAS_API_KEY',
  keyCheckPath: '/models',
  local: false,
  cancelPolicy: 'drain',
  quirks: { streamUsage: 'asked', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: true },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: false,
    audioInput: false,
    jsonSchema: true,
    reasoning: true,
    multipleChoices: false,
    logprobs: true,
    promptCache: 'none',
  },
  // The penalties and `logit_bias` are answered with 400: https://inference-docs.cerebras.ai/resources/openai
  parameters: without(
    OPENAI_PARAMETERS,
    'n',
    'frequency_penalty',
    'presence_penalty',
    'logit_bias',
    'verbosity',
    'web_search_options',
  ),
  links: {
    docs: 'https://inference-docs.cerebras.ai',
    prices: 'https://www.cerebras.ai/pricing',
    status: 'https://status.cerebras.ai',
  },
  priceSourceId: 'cerebras',
  simulatorPath: '/custom/v1',
}
