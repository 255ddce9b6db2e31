import type { Provider } from './contract.ts'

export const perplexity: Provider = {
  id: 'perplexity',
  displayName: 'Perplexity',
  baseUrl: 'https://api.perplexity.ai',
  baseUrlEnv: 'PERPLEXITY_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'PERPLEXITY_API_KEY',
  // Nothing it offers for reading is free and asks for a key.
  keyCheckPath: '/chat/completions',
  keyCheckBy: 'empty-request',
  local: false,
  // Whether a closed connection ends the bill is not documented, so the answer is read to its final count.
  cancelPolicy: 'drain',
  // Usage comes with every streamed chunk: https://docs.perplexity.ai/api-reference/chat-completions-post
  quirks: {
    streamUsage: 'always',
    streamUsageField: null,
    maxOutputField: 'max_tokens',
    refusesUnknownFields: false,
    developerRole: 'system',
  },
  capabilities: {
    streaming: true,
    tools: false,
    imageInput: true,
    audioInput: false,
    jsonSchema: true,
    reasoning: true,
    multipleChoices: false,
    logprobs: false,
    promptCache: 'none',
  },
  parameters: [
    'max_tokens',
    'temperature',
    'top_p',
    'top_k',
    'frequency_penalty',
    'presence_penalty',
    'response_format',
    'structured_outputs',
    'reasoning',
    'web_search_options',
  ],
  links: {
    docs: 'https://docs.perplexity.ai',
    prices: 'https://docs.perplexity.ai/docs/getting-started/pricing',
    status: 'https://status.perplexity.com',
  },
  priceSourceId: 'perplexity',
  simulatorPath: '/custom/v1',
}
