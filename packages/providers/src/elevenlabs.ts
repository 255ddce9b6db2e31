import type { Provider } from './contract.ts'

export const elevenlabs: Provider = {
  id: 'elevenlabs',
  displayName: 'ElevenLabs',
  baseUrl: 'https://api.elevenlabs.io/v1',
  baseUrlEnv: 'ELEVENLABS_BASE_URL',
  // It holds no conversations: there is no offering of that task, and so nothing is ever said in this format.
  dialect: 'openai-chat',
  media: { speech: 'elevenlabs-speech' },
  // https://elevenlabs.io/docs/api-reference/authentication
  auth: { kind: 'header', name: 'xi-api-key' },
  credentialEnv: 'ELEVENLABS_API_KEY',
  keyCheckPath: '/models',
  local: false,
  // What is made is billed whole, however much of it is heard.
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
    docs: 'https://elevenlabs.io/docs/api-reference/introduction',
    prices: 'https://elevenlabs.io/pricing/api',
    status: 'https://status.elevenlabs.io',
  },
  priceSourceId: null,
  simulatorPath: '/elevenlabs/v1',
}
