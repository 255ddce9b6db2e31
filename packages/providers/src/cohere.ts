import type { Provider } from './contract.ts'

export const cohere: Provider = {
  id: 'cohere',
  displayName: 'Cohere',
  baseUrl: 'https://api.cohere.com/v2',
  baseUrlEnv: 'COHERE_BASE_URL',
  // It holds no conversations: there is no offering of that task, and so nothing is ever said in this format.
  dialect: 'openai-chat',
  tasks: { embeddings: 'cohere-embed', rerank: 'cohere-rerank' },
  auth: { kind: 'bearer' },
  credentialEnv: 'COHERE_API_KEY',
  keyCheckPath: '/models',
  local: false,
  // An answer comes in one piece, and is billed once it was made.
  cancelPolicy: 'drain',
  quirks: { streamUsage: 'always', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: true },
  capabilities: {
    streaming: false,
    tools: false,
    imageInput: false,
    audioInput: false,
    jsonSchema: false,
    reasoning: false,
    multipleChoices: false,
    logprobs: false,
    promptCache: 'none',
  },
  parameters: null,
  links: {
    docs: 'https://docs.cohere.com/reference/about',
    prices: 'https://cohere.com/pricing',
    status: 'https://status.cohere.com',
  },
  priceSourceId: 'cohere',
  simulatorPath: '/cohere/v2',
}
