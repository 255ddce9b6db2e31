import type { Provider } from './contract.ts'
import { GLOBAL_URL, googleServiceAccount, projectAndLocation, REGIONAL_URL } from './google-cloud.ts'

/** Claude on Google Cloud: Anthropic's format with the model in the path. A credential of its own, so that each can be refused apart. */
export const vertexAnthropic: Provider = {
  id: 'vertex-anthropic',
  displayName: 'Claude on Vertex AI',
  baseUrl: REGIONAL_URL,
  baseUrlWhere: GLOBAL_URL,
  baseUrlEnv: null,
  pathTemplates: [{ whenField: null, template: '/locations/{location}/publishers/anthropic{path}' }],
  dialect: 'anthropic-messages',
  auth: googleServiceAccount,
  credentialEnv: 'VERTEX_ANTHROPIC_SERVICE_ACCOUNT',
  keyLabel: 'JSON key of a service account',
  credentialFields: projectAndLocation('VERTEX_ANTHROPIC'),
  keyCheckPath: '/locations',
  local: false,
  // Who pays for an abandoned answer is not documented, so it is read to its final count.
  cancelPolicy: 'drain',
  quirks: {
    streamUsage: 'always',
    streamUsageField: null,
    maxOutputField: 'max_tokens',
    refusesUnknownFields: true,
    // The only version there is: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
    rawPredict: 'vertex-2023-10-16',
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
    promptCache: 'explicit',
  },
  parameters: [
    'max_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
    'structured_outputs',
    'reasoning',
  ],
  links: {
    docs: 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude',
    prices: 'https://cloud.google.com/vertex-ai/generative-ai/pricing',
    status: 'https://status.cloud.google.com',
  },
  priceSourceId: 'google',
  simulatorPath: '/vertex-anthropic/v1/projects/my-project-1234',
}
