import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS, without } from './parameters.ts'

export const huggingface: Provider = {
  id: 'huggingface',
  displayName: 'Hugging Face Inference Providers',
  baseUrl: 'https://router.huggingface.co/v1',
  baseUrlEnv: 'HUGGINGFACE_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'HUGGINGFACE_API_KEY',
  // The list of models is public there, so it would take any key.
  keyCheckPath: '/chat/completions',
  keyCheckBy: 'empty-request',
  local: false,
  // It stands before many providers, and whether a cancel reaches them differs.
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
    promptCache: 'none',
  },
  parameters: without(OPEN_SERVER_PARAMETERS, 'n'),
  links: {
    docs: 'https://huggingface.co/docs/inference-providers',
    prices: 'https://huggingface.co/docs/inference-providers/pricing',
    status: 'https://status.huggingface.co',
  },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
