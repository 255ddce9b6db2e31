import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS, without } from './parameters.ts'

export const sambanova: Provider = {
  id: 'sambanova',
  displayName: 'SambaNova Cloud',
  baseUrl: 'https://api.sambanova.ai/v1',
  baseUrlEnv: 'SAMBANOVA_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'SAMBANOVA_API_KEY',
  // The list of models is public there, so it would take any key.
  keyCheckPath: '/chat/completions',
  keyCheckBy: 'empty-request',
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
    multipleChoices: false,
    logprobs: false,
    promptCache: 'none',
  },
  // Others are read and ignored: https://docs.sambanova.ai/docs/en/features/openai-compatibility
  parameters: without(
    OPEN_SERVER_PARAMETERS,
    'n',
    'min_p',
    'frequency_penalty',
    'presence_penalty',
    'repetition_penalty',
    'seed',
    'logit_bias',
    'logprobs',
    'top_logprobs',
  ),
  links: {
    docs: 'https://docs.sambanova.ai',
    prices: 'https://cloud.sambanova.ai/pricing',
    status: 'https://status.sambanova.ai',
  },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
