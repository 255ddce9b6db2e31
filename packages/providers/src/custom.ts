import type { Provider } from './contract.ts'

/** Any OpenAI-shaped endpoint the operator names: vLLM, llama.cpp, LM Studio, a company's own gateway. */
export const custom: Provider = {
  id: 'custom',
  displayName: 'Custom endpoint',
  baseUrl: null,
  baseUrlEnv: 'CUSTOM_BASE_URL',
  dialect: 'openai-chat',
  tasks: { embeddings: 'openai-embeddings' },
  auth: { kind: 'bearer', keyOptional: true },
  credentialEnv: 'CUSTOM_API_KEY',
  ownBaseUrl: 'required',
  keyCheckPath: '/models',
  local: false,
  // Nothing is known of it, and reading to the final count is the policy that cannot bill wrongly.
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
  parameters: null,
  links: { docs: 'https://platform.openai.com/docs/api-reference/chat', prices: null, status: null },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
