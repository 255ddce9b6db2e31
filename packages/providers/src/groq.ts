import type { Provider } from './contract.ts'
import { OPENAI_PARAMETERS, without } from './parameters.ts'

export const groq: Provider = {
  id: 'groq',
  displayName: 'Groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  baseUrlEnv: 'GROQ_BASE_URL',
  dialect: 'openai-chat',
  media: { transcription: 'openai-transcriptions' },
  auth: { kind: 'bearer' },
  credentialEnv: 'GROQ_API_KEY',
  keyCheckPath: '/models',
  local: false,
  cancelPolicy: 'cancel-estimate',
  // Streams also carry usage in `x_groq.usage` of their last chunk, whether asked or not: https://console.groq.com/docs/api-reference#chat-create
  quirks: {
    streamUsage: 'always',
    streamUsageField: 'x_groq.usage',
    maxOutputField: 'max_completion_tokens',
    refusesUnknownFields: true,
  },
  capabilities: {
    streaming: true,
    tools: true,
    imageInput: true,
    audioInput: false,
    jsonSchema: true,
    reasoning: true,
    multipleChoices: false,
    logprobs: false,
    promptCache: 'automatic',
  },
  // The first four are answered with 400: https://console.groq.com/docs/openai#currently-unsupported-openai-features
  parameters: without(
    OPENAI_PARAMETERS,
    'n',
    'logit_bias',
    'logprobs',
    'top_logprobs',
    'prediction',
    'verbosity',
    'web_search_options',
  ),
  links: {
    docs: 'https://console.groq.com/docs',
    prices: 'https://groq.com/pricing',
    status: 'https://groqstatus.com',
  },
  priceSourceId: 'groq',
  simulatorPath: '/groq/openai/v1',
}
