import type { Provider } from './contract.ts'

export const deepgram: Provider = {
  id: 'deepgram',
  displayName: 'Deepgram',
  baseUrl: 'https://api.deepgram.com/v1',
  baseUrlEnv: 'DEEPGRAM_BASE_URL',
  // It holds no conversations: there is no offering of that task, and so nothing is ever said in this format.
  dialect: 'openai-chat',
  media: { transcription: 'deepgram-listen' },
  // https://developers.deepgram.com/guides/fundamentals/authenticating
  auth: { kind: 'header', name: 'authorization', prefix: 'Token ' },
  credentialEnv: 'DEEPGRAM_API_KEY',
  keyCheckPath: '/projects',
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
    docs: 'https://developers.deepgram.com/docs/introduction',
    prices: 'https://deepgram.com/pricing',
    status: 'https://status.deepgram.com',
  },
  priceSourceId: null,
  simulatorPath: '/deepgram/v1',
}
