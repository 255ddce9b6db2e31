import type { ProviderDialectId } from '@atpar/dialects/contract'

/** Which offering stands for a format of providers. */
export interface Upstream {
  /** Pinned, so that nothing else is tried. */
  readonly offering: string
  /** What the table calls the format. */
  readonly title: string
  /** Whether the provider shows its reasoning to those who ask; OpenAI counts it and keeps it. */
  readonly showsThinking: boolean
}

/** One for every format in the registry: a format without its line does not compile. */
export const UPSTREAMS: Readonly<Record<ProviderDialectId, Upstream>> = {
  'openai-chat': { offering: 'openai/gpt-5-mini', title: 'OpenAI Chat Completions', showsThinking: false },
  'anthropic-messages': { offering: 'anthropic/claude-sonnet-5', title: 'Anthropic Messages', showsThinking: true },
  gemini: { offering: 'gemini/gemini-2.5-flash', title: 'Gemini generateContent', showsThinking: true },
}
