import type { Provider } from './contract.ts'

export const gemini: Provider = {
  id: 'gemini',
  displayName: 'Google AI Studio',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  baseUrlEnv: 'GEMINI_BASE_URL',
  dialect: 'gemini',
  // A key in the query string would end up in logs; the header is documented: https://ai.google.dev/gemini-api/docs/api-key
  auth: { kind: 'header', name: 'x-goog-api-key' },
  credentialEnv: 'GEMINI_API_KEY',
  keyCheckPath: '/models',
  local: false,
  cancelPolicy: 'drain',
  quirks: {
    streamUsage: 'always',
    streamUsageField: null,
    maxOutputField: 'maxOutputTokens',
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
  },
  links: {
    docs: 'https://ai.google.dev/api',
    prices: 'https://ai.google.dev/gemini-api/docs/pricing',
    status: 'https://aistudio.google.com/status',
  },
  priceSourceId: 'google',
  simulatorPath: '/gemini/v1beta',
}
