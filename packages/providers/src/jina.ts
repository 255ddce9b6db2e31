import type { Provider } from './contract.ts'

export const jina: Provider = {
  id: 'jina',
  displayName: 'Jina AI',
  baseUrl: 'https://api.jina.ai/v1',
  baseUrlEnv: 'JINA_BASE_URL',
  // It holds no conversations: there is no offering of that task, and so nothing is ever said in this format.
  dialect: 'openai-chat',
  tasks: { embeddings: 'jina-embeddings', rerank: 'jina-rerank' },
  auth: { kind: 'bearer' },
  credentialEnv: 'JINA_API_KEY',
  // Nothing it offers for reading is free and asks for a key.
  keyCheckPath: '/embeddings',
  keyCheckBy: 'empty-request',
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
    docs: 'https://api.jina.ai/redoc',
    prices: 'https://jina.ai/embeddings',
    status: 'https://status.jina.ai',
  },
  priceSourceId: null,
  simulatorPath: '/jina/v1',
}
