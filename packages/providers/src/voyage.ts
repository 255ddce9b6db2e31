import type { Provider } from './contract.ts'

export const voyage: Provider = {
  id: 'voyage',
  displayName: 'Voyage AI',
  baseUrl: 'https://api.voyageai.com/v1',
  baseUrlEnv: 'VOYAGE_BASE_URL',
  // It holds no conversations: there is no offering of that task, and so nothing is ever said in this format.
  dialect: 'openai-chat',
  tasks: { embeddings: 'voyage-embeddings', rerank: 'voyage-rerank' },
  auth: { kind: 'bearer' },
  credentialEnv: 'VOYAGE_API_KEY',
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
    docs: 'https://docs.voyageai.com/reference/embeddings-api',
    prices: 'https://docs.voyageai.com/docs/pricing',
    status: 'https://status.voyageai.com',
  },
  priceSourceId: 'voyageai',
  simulatorPath: '/voyage/v1',
}
