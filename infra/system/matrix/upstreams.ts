import type { ProviderDialectId } from '@atpar/dialects/contract'

/** Which offering stands for a format of providers. */
export interface Upstream {
  readonly dialect: ProviderDialectId
  /** Pinned, so that nothing else is tried. */
  readonly offering: string
  /** What the docs call the format. */
  readonly title: string
  /** Whether the provider shows its reasoning to those who ask; OpenAI counts it and keeps it. */
  readonly showsThinking: boolean
  /** No model of the catalogue reasons there: the wish is left out, and the answer says so. */
  readonly leavesReasoningOut?: true
}

/** One for every format that a provider of the catalogue speaks. */
export const UPSTREAMS: readonly Upstream[] = [
  // OpenAI itself is spoken to in either of its formats, by what the caller speaks.
  {
    dialect: 'openai-responses',
    offering: 'openai/gpt-5-mini',
    title: 'OpenAI Responses and Chat',
    showsThinking: false,
  },
  { dialect: 'openai-chat', offering: 'xai/grok-4.3', title: 'OpenAI Chat Completions', showsThinking: false },
  {
    dialect: 'anthropic-messages',
    offering: 'anthropic/claude-sonnet-5',
    title: 'Anthropic Messages',
    showsThinking: true,
  },
  { dialect: 'gemini', offering: 'gemini/gemini-2.5-flash', title: 'Gemini generateContent', showsThinking: true },
  {
    dialect: 'bedrock-converse',
    offering: 'bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    title: 'Amazon Bedrock Converse',
    showsThinking: true,
  },
  {
    dialect: 'cohere',
    offering: 'cohere/command-a-03-2025',
    title: 'Cohere Chat',
    showsThinking: false,
    leavesReasoningOut: true,
  },
  { dialect: 'ollama', offering: 'ollama-native/qwen3:4b', title: 'Ollama', showsThinking: true },
]
