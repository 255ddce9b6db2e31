import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS, without } from './parameters.ts'

export const lmStudio: Provider = {
  id: 'lm-studio',
  displayName: 'LM Studio',
  baseUrl: 'http://127.0.0.1:1234/v1',
  baseUrlEnv: 'LM_STUDIO_URL',
  dialect: 'openai-chat',
  auth: { kind: 'none' },
  credentialEnv: null,
  keyCheckPath: '/models',
  local: true,
  // Closing the connection aborts the generation, and what was made until then is all there is.
  cancelPolicy: 'cancel-estimate',
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
  parameters: without(OPEN_SERVER_PARAMETERS, 'n', 'min_p', 'logprobs', 'top_logprobs', 'parallel_tool_calls'),
  links: { docs: 'https://lmstudio.ai/docs/app/api/endpoints/openai', prices: null, status: null },
  priceSourceId: null,
  simulatorPath: '/custom/v1',
}
