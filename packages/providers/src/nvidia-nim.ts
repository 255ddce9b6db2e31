import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS, without } from './parameters.ts'

export const nvidiaNim: Provider = {
  id: 'nvidia-nim',
  displayName: 'NVIDIA NIM',
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  baseUrlEnv: 'NVIDIA_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'NVIDIA_API_KEY',
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
    logprobs: true,
    promptCache: 'none',
  },
  parameters: without(OPEN_SERVER_PARAMETERS, 'n'),
  links: {
    docs: 'https://docs.api.nvidia.com/nim/reference/llm-apis',
    prices: 'https://build.nvidia.com',
    status: null,
  },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
