import type { Reasoning } from '@atpar/core/chat'

/** How Claude models are told to think, whichever format carries it: https://platform.claude.com/docs/en/build-with-claude/extended-thinking */

/** The least budget the API takes. */
const MIN_BUDGET = 1_024

const BUDGETS: Readonly<Record<Exclude<NonNullable<Reasoning['effort']>, 'none'>, number>> = {
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_768,
}

/** Claude 4.6 and later decide the depth themselves and take an effort; older ones take a budget; those before 3.7 do not think. */
const readGeneration = (model: string): 'none' | 'budget' | 'adaptive' => {
  if (/claude-(?:instant|2|3-(?:opus|sonnet|haiku|5)|3\.5)/.test(model)) return 'none'
  if (/claude-(?:3-7|3\.7)|claude-(?:opus|sonnet|haiku)-4(?:[-.][0-5](?!\d)|-\d{8}|@|$|-latest|-0)/.test(model))
    return 'budget'
  return 'adaptive'
}

/** Sampling parameters ended with Claude 4.6: what comes after answers 400 to them. */
export const takesSampling = (model: string): boolean =>
  readGeneration(model) !== 'adaptive' || /claude-(?:opus|sonnet|haiku)-4[-.]6/.test(model)

export interface ClaudeThinking {
  readonly thinking: { readonly type: 'adaptive' } | { readonly type: 'enabled'; readonly budget_tokens: number }
  /** Null = as deep as the model likes. */
  readonly effort: string | null
}

/** An effort or a budget as this model takes it; null when it takes neither, or the limit leaves no room for thoughts. */
export const planThinking = (
  reasoning: Reasoning,
  { model, maxTokens }: { readonly model: string; readonly maxTokens: number },
): ClaudeThinking | null => {
  switch (readGeneration(model)) {
    case 'none':
      return null
    case 'adaptive': {
      const effort = reasoning.effort ?? effortOf(reasoning.budgetTokens)
      return { thinking: { type: 'adaptive' }, effort: effort === 'minimal' ? 'low' : (effort ?? null) }
    }
    case 'budget': {
      const budget = planBudget(reasoning, maxTokens)
      return budget === null ? null : { thinking: { type: 'enabled', budget_tokens: budget }, effort: null }
    }
  }
}

const effortOf = (budget: number | undefined): NonNullable<Reasoning['effort']> | undefined =>
  budget === undefined ? undefined : budget < 4_096 ? 'low' : budget < 16_384 ? 'medium' : 'high'

/** The budget is part of max_tokens and below it; an effort leaves at least half for the answer. */
const planBudget = (reasoning: Reasoning, maxTokens: number): number | null => {
  const wanted =
    reasoning.budgetTokens ??
    BUDGETS[reasoning.effort === undefined || reasoning.effort === 'none' ? 'medium' : reasoning.effort]
  const room = reasoning.budgetTokens === undefined ? Math.floor(maxTokens / 2) : maxTokens - 1
  const budget = Math.min(Math.max(wanted, MIN_BUDGET), room)
  return budget < MIN_BUDGET ? null : budget
}
