import { COUNTED_BETAS } from './anthropic-betas.ts'
import type { Provider } from './contract.ts'

/** Any endpoint that speaks Anthropic's messages: a company's own gateway, or a provider's compatible address. */
export const customAnthropic: Provider = {
  id: 'custom-anthropic',
  displayName: 'Custom endpoint (Anthropic-shaped)',
  baseUrl: null,
  baseUrlEnv: 'CUSTOM_ANTHROPIC_BASE_URL',
  dialect: 'anthropic-messages',
  auth: { kind: 'header', name: 'x-api-key', keyOptional: true, extra: { 'anthropic-version': '2023-06-01' } },
  credentialEnv: 'CUSTOM_ANTHROPIC_API_KEY',
  ownBaseUrl: 'required',
  keyCheckPath: '/models',
  local: false,
  // Nothing is known of it, and reading to the final count is the policy that cannot bill wrongly.
  cancelPolicy: 'drain',
  quirks: { streamUsage: 'always', streamUsageField: null, maxOutputField: 'max_tokens', refusesUnknownFields: true },
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
  parameters: null,
  betas: COUNTED_BETAS,
  links: { docs: 'https://docs.anthropic.com/en/api/messages', prices: null, status: null },
  priceSourceId: null,
  simulatorPath: '/anthropic/v1',
}
