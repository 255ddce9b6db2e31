import type { ProviderDialect, RequestFacts } from './contract.ts'

/**
 * The smallest output limit worth sending in each format. Below 16 tokens an answer says nothing (the Responses API refuses less); a stated
 * thinking budget has to fit inside the limit (https://platform.claude.com/docs/en/build-with-claude/extended-thinking: `budget_tokens` must be
 * less than `max_tokens`); models that think without a stated budget spend the limit before their first visible word.
 */
const OUTPUT_FLOORS: Readonly<Record<ProviderDialect['id'], { readonly plain: number; readonly reasoning: number }>> = {
  'openai-completions': { plain: 16, reasoning: 16 },
  'openai-chat': { plain: 16, reasoning: 512 },
  'openai-responses': { plain: 16, reasoning: 512 },
  'anthropic-messages': { plain: 16, reasoning: 16 },
  gemini: { plain: 16, reasoning: 512 },
  'bedrock-converse': { plain: 16, reasoning: 16 },
  cohere: { plain: 16, reasoning: 512 },
  ollama: { plain: 16, reasoning: 512 },
}

/** Tokens per answer below which a request is refused rather than clamped. */
export const outputFloor = (
  dialect: ProviderDialect['id'],
  facts: Pick<RequestFacts, 'maxOutputTokens' | 'reasoningTokens'>,
  isReasoningModel: boolean,
): number => {
  const floors = OUTPUT_FLOORS[dialect]
  const floor =
    facts.reasoningTokens === null
      ? isReasoningModel
        ? floors.reasoning
        : floors.plain
      : facts.reasoningTokens + floors.plain
  // Whoever asks for less than the floor is content with less.
  return Math.min(floor, facts.maxOutputTokens ?? floor)
}
