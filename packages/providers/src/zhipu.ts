import type { Provider } from './contract.ts'

export const zhipu: Provider = {
  id: 'zhipu',
  displayName: 'Z.ai (Zhipu)',
  // The international endpoint: its prices are in dollars. https://docs.z.ai/api-reference/introduction
  baseUrl: 'https://api.z.ai/api/paas/v4',
  baseUrlEnv: 'ZAI_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'ZAI_API_KEY',
  // Nothing it offers for reading is free and asks for a key.
  keyCheckPath: '/chat/completions',
  keyCheckBy: 'empty-request',
  local: false,
  // Whether a closed connection ends the bill is not documented, so the answer is read to its final count.
  cancelPolicy: 'drain',
  quirks: {
    streamUsage: 'always',
    streamUsageField: null,
    maxOutputField: 'max_tokens',
    refusesUnknownFields: false,
    developerRole: 'system',
  },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: true,
    audioInput: false,
    jsonSchema: false,
    reasoning: true,
    multipleChoices: false,
    logprobs: false,
    promptCache: 'automatic',
  },
  parameters: ['max_tokens', 'temperature', 'top_p', 'stop', 'tools', 'tool_choice', 'response_format', 'reasoning'],
  links: {
    docs: 'https://docs.z.ai/api-reference/llm/chat-completion',
    prices: 'https://docs.z.ai/guides/overview/pricing',
    status: null,
  },
  priceSourceId: 'zai',
  simulatorPath: '/custom/v1',
}
