import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS, without } from './parameters.ts'

export const ollama: Provider = {
  id: 'ollama',
  displayName: 'Ollama',
  // Ollama's OpenAI-compatible endpoints live below /v1: https://github.com/ollama/ollama/blob/main/docs/openai.md
  baseUrl: 'http://127.0.0.1:11434/v1',
  baseUrlEnv: 'OLLAMA_URL',
  dialect: 'openai-chat',
  tasks: { embeddings: 'openai-embeddings' },
  auth: { kind: 'none' },
  credentialEnv: null,
  keyCheckPath: '/models',
  local: true,
  cancelPolicy: 'cancel-estimate',
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
  parameters: without(
    OPEN_SERVER_PARAMETERS,
    'n',
    'logit_bias',
    'logprobs',
    'top_logprobs',
    'parallel_tool_calls',
    'min_p',
    'repetition_penalty',
    'top_k',
    'tool_choice',
  ),
  links: { docs: 'https://github.com/ollama/ollama/blob/main/docs/openai.md', prices: null, status: null },
  priceSourceId: null,
  simulatorPath: '/ollama/v1',
}
