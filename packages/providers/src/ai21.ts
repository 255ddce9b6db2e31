import type { Provider } from './contract.ts'

export const ai21: Provider = {
  id: 'ai21',
  displayName: 'AI21 Labs',
  baseUrl: 'https://api.ai21.com/studio/v1',
  baseUrlEnv: 'AI21_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'AI21_API_KEY',
  // Nothing it offers for reading is free and asks for a key.
  keyCheckPath: '/chat/completions',
  keyCheckBy: 'empty-request',
  local: false,
  // Whether a closed connection ends the bill is not documented, so the answer is read to its final count.
  cancelPolicy: 'drain',
  // Its request has a closed list of members: https://docs.ai21.com/reference/jamba-1-6-api-ref
  quirks: {
    streamUsage: 'always',
    streamUsageField: null,
    maxOutputField: 'max_tokens',
    refusesUnknownFields: true,
    refuses: [
      'stream_options',
      'user',
      'store',
      'metadata',
      'safety_identifier',
      'prompt_cache_key',
      'prompt_cache_retention',
      'modalities',
    ],
    developerRole: 'system',
  },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: false,
    audioInput: false,
    jsonSchema: false,
    reasoning: false,
    multipleChoices: true,
    logprobs: false,
    promptCache: 'none',
  },
  parameters: ['max_tokens', 'temperature', 'top_p', 'stop', 'n', 'tools', 'tool_choice', 'response_format'],
  links: {
    docs: 'https://docs.ai21.com/reference/jamba-1-6-api-ref',
    prices: 'https://www.ai21.com/pricing',
    status: null,
  },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
