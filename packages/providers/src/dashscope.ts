import type { Provider } from './contract.ts'

export const dashscope: Provider = {
  id: 'dashscope',
  displayName: 'Alibaba Cloud Model Studio',
  // The international (Singapore) endpoint: its prices are in dollars and differ from Beijing's.
  // https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  baseUrlEnv: 'DASHSCOPE_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'DASHSCOPE_API_KEY',
  keyCheckPath: '/models',
  local: false,
  cancelPolicy: 'drain',
  quirks: { streamUsage: 'asked', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: false },
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
    docs: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope',
    prices: 'https://www.alibabacloud.com/help/en/model-studio/models',
    status: 'https://status.alibabacloud.com',
  },
  priceSourceId: null,
  simulatorPath: '/dashscope/compatible-mode/v1',
}
