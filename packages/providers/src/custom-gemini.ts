import type { Provider } from './contract.ts'

/** Any endpoint that speaks Google's generateContent. */
export const customGemini: Provider = {
  id: 'custom-gemini',
  displayName: 'Custom endpoint (Gemini-shaped)',
  baseUrl: null,
  baseUrlEnv: 'CUSTOM_GEMINI_BASE_URL',
  dialect: 'gemini',
  auth: { kind: 'header', name: 'x-goog-api-key', keyOptional: true },
  credentialEnv: 'CUSTOM_GEMINI_API_KEY',
  ownBaseUrl: 'required',
  keyCheckPath: '/models',
  local: false,
  // Nothing is known of it, and reading to the final count is the policy that cannot bill wrongly.
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
    logprobs: false,
    promptCache: 'none',
  },
  parameters: null,
  links: { docs: 'https://ai.google.dev/api/generate-content', prices: null, status: null },
  priceSourceId: null,
  simulatorPath: '/gemini/v1beta',
}
