import type { Provider } from './contract.ts'

export const deepseek: Provider = {
  id: 'deepseek',
  displayName: 'DeepSeek',
  baseUrl: 'https://api.deepseek.com/v1',
  baseUrlEnv: 'DEEPSEEK_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'DEEPSEEK_API_KEY',
  keyCheckPath: '/models',
  local: false,
  cancelPolicy: 'drain',
  // Usage counts cache hits in `prompt_cache_hit_tokens`: https://api-docs.deepseek.com/guides/kv_cache
  quirks: { streamUsage: 'asked', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: false },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: false,
    audioInput: false,
    jsonSchema: false,
    reasoning: true,
    multipleChoices: false,
    logprobs: true,
    promptCache: 'automatic',
  },
  // A schema is refused, `json_object` is not: https://api-docs.deepseek.com/guides/json_mode
  parameters: [
    'max_tokens',
    'temperature',
    'top_p',
    'frequency_penalty',
    'presence_penalty',
    'stop',
    'logprobs',
    'top_logprobs',
    'tools',
    'tool_choice',
    'response_format',
    'reasoning',
  ],
  links: {
    docs: 'https://api-docs.deepseek.com',
    prices: 'https://api-docs.deepseek.com/quick_start/pricing',
    status: 'https://status.deepseek.com',
  },
  priceSourceId: 'deepseek',
  simulatorPath: '/deepseek/v1',
}
