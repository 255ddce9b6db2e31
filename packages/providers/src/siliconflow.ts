import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS, without } from './parameters.ts'

export const siliconflow: Provider = {
  id: 'siliconflow',
  displayName: 'SiliconFlow',
  // The international endpoint: its prices are in dollars.
  baseUrl: 'https://api.siliconflow.com/v1',
  baseUrlEnv: 'SILICONFLOW_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'SILICONFLOW_API_KEY',
  keyCheckPath: '/user/info',
  local: false,
  // Whether a closed connection ends the bill is not documented, so the answer is read to its final count.
  cancelPolicy: 'drain',
  quirks: { streamUsage: 'asked', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: false },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: true,
    audioInput: false,
    jsonSchema: true,
    reasoning: true,
    multipleChoices: true,
    logprobs: false,
    promptCache: 'none',
  },
  parameters: without(
    OPEN_SERVER_PARAMETERS,
    'seed',
    'repetition_penalty',
    'presence_penalty',
    'logit_bias',
    'logprobs',
    'top_logprobs',
    'parallel_tool_calls',
  ),
  links: {
    docs: 'https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions',
    prices: 'https://www.siliconflow.com/pricing',
    status: null,
  },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
