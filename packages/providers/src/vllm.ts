import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS } from './parameters.ts'

export const vllm: Provider = {
  id: 'vllm',
  displayName: 'vLLM',
  baseUrl: 'http://127.0.0.1:8000/v1',
  baseUrlEnv: 'VLLM_URL',
  dialect: 'openai-chat',
  auth: { kind: 'none' },
  credentialEnv: null,
  keyCheckPath: '/models',
  local: true,
  // Closing the connection aborts the generation, and what was made until then is all there is.
  cancelPolicy: 'cancel-estimate',
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
  parameters: OPEN_SERVER_PARAMETERS,
  links: { docs: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server', prices: null, status: null },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
