import type { Provider } from './contract.ts'
import { OPEN_SERVER_PARAMETERS } from './parameters.ts'

export const ovhcloud: Provider = {
  id: 'ovhcloud',
  displayName: 'OVHcloud AI Endpoints',
  baseUrl: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
  baseUrlEnv: 'OVHCLOUD_BASE_URL',
  dialect: 'openai-chat',
  auth: { kind: 'bearer' },
  credentialEnv: 'OVHCLOUD_API_KEY',
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
    multipleChoices: true,
    logprobs: true,
    promptCache: 'none',
  },
  parameters: OPEN_SERVER_PARAMETERS,
  links: {
    docs: 'https://help.ovhcloud.com/csm/en-public-cloud-ai-endpoints-getting-started?id=kb_article_view&sysparm_article=KB0065401',
    prices: 'https://www.ovhcloud.com/en/public-cloud/ai-endpoints/catalog/',
    status: 'https://public-cloud.status-ovhcloud.com',
  },
  priceSourceId: 'ovhcloud',
  simulatorPath: '/custom/v1',
}
