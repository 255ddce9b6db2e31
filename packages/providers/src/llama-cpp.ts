import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS, without } from './parameters.ts'

export const llamaCpp: Provider = {
  id: 'llama-cpp',
  displayName: 'llama.cpp',
  baseUrl: 'http://127.0.0.1:8080/v1',
  baseUrlEnv: 'LLAMA_CPP_URL',
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
    multipleChoices: false,
    logprobs: true,
    promptCache: 'automatic',
  },
  parameters: without(OPEN_SERVER_PARAMETERS, 'n'),
  links: {
    docs: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md',
    prices: null,
    status: null,
  },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
