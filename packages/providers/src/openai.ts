import type { Provider } from './contract.ts'
import { OPENAI_PARAMETERS } from './parameters.ts'

export const openai: Provider = {
  id: 'openai',
  displayName: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  baseUrlEnv: 'OPENAI_BASE_URL',
  dialect: 'openai-chat',
  alsoSpeaks: ['openai-responses'],
  realtimePath: '/realtime',
  media: { image: 'openai-images', speech: 'openai-speech', transcription: 'openai-transcriptions' },
  tasks: { embeddings: 'openai-embeddings', moderation: 'openai-moderations' },
  auth: { kind: 'bearer' },
  credentialEnv: 'OPENAI_API_KEY',
  keyCheckPath: '/models',
  local: false,
  cancelPolicy: 'cancel-estimate',
  // `max_tokens` is deprecated and refused by reasoning models: https://platform.openai.com/docs/api-reference/chat/create
  quirks: {
    streamUsage: 'asked',
    streamUsageField: null,
    maxOutputField: 'max_completion_tokens',
    refusesUnknownFields: true,
  },
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
    keepsResponses: true,
    countsTokens: true,
  },
  parameters: OPENAI_PARAMETERS,
  links: {
    docs: 'https://platform.openai.com/docs/api-reference',
    prices: 'https://platform.openai.com/docs/pricing',
    status: 'https://status.openai.com',
  },
  priceSourceId: 'openai',
  simulatorPath: '/openai/v1',
}
