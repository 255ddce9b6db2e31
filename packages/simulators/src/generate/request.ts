import type { ResponsesBody } from '../openai-responses/schema.ts'

/** A generation request as the simulators understand it, whatever format it came in. */
export interface GenerationRequest {
  model: string
  streamed: boolean
  prompt: Prompt
  /** Where a directive is looked for. */
  lastUserText: string
  /** Most tokens the answer may have, reasoning included; null for no limit. */
  maxOutputTokens: number | null
  /** How many answers are wanted. */
  choices: number
  stop: readonly string[]
  tools: readonly ToolDeclaration[]
  toolChoice: 'auto' | 'none' | 'required' | { name: string }
  /** A JSON schema the text must follow; `{}` for any JSON; undefined for prose. */
  outputSchema: unknown
  /** Reasoning tokens the request's own settings lead to; a directive goes first. */
  reasoningTokens: number
  /** Whether the caller asked to see the reasoning, where the format lets it choose. */
  showsReasoning: boolean
  seed: number
  /** Whether each token's probability is wanted. */
  includesLogprobs: boolean
  /** Whether the caller asked for a closing usage chunk, where the format lets it choose. */
  includesUsage: boolean
  /** Top-level fields this provider does not know. */
  unknownFields: readonly string[]
  /** What only OpenAI's responses need again when they answer. */
  responses?: { body: ResponsesBody; items: readonly Record<string, unknown>[] }
}

export interface Prompt {
  texts: readonly string[]
  messages: number
  attachments: number
}

export interface ToolDeclaration {
  name: string
  schema: unknown
}
