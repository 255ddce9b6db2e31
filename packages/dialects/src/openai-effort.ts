import type { Reasoning } from '@atpar/core/chat'

import type { UpstreamTarget } from './contract.ts'

type Effort = NonNullable<Reasoning['effort']>

/** The inverse of the budgets Google publishes for its compatible endpoint (https://ai.google.dev/gemini-api/docs/openai#thinking): 1,024 / 8,192 / 24,576. */
const effortOfBudget = (budget: number | undefined): Effort | null => {
  if (budget === undefined) return null
  if (budget === 0) return 'none'
  return budget < 4_096 ? 'low' : budget < 16_384 ? 'medium' : 'high'
}

/** OpenAI's own models refuse efforts they do not know (https://platform.openai.com/docs/guides/reasoning); null = send none. */
const fitEffort = (effort: Effort, model: string): Effort | null => {
  const generation = /(?:^|\/)gpt-(\d+)(?:\.(\d+))?/.exec(model)
  const version = generation === null ? null : Number(generation[1]) + Number(generation[2] ?? '0') / 10
  const isOldReasoner = /(?:^|\/)o\d/.test(model)
  if (version !== null && version < 5 && !model.includes('gpt-oss')) return null
  if (effort === 'none')
    return version !== null && version >= 5.1 ? 'none' : version === 5 ? 'minimal' : isOldReasoner ? 'low' : null
  if (effort === 'minimal') return isOldReasoner || (version !== null && version >= 5.1) ? 'low' : 'minimal'
  if (effort === 'xhigh') return version !== null && version >= 5.2 ? 'xhigh' : 'high'
  return effort
}

/** The effort to send to a model of OpenAI's; null = none need be sent, `unfit` = the model knows no such thing. */
export const effortOf = (reasoning: Reasoning, target: UpstreamTarget): Effort | 'unfit' | null => {
  const effort = reasoning.effort ?? effortOfBudget(reasoning.budgetTokens)
  if (effort === null) return null
  const fitted = target.reasoning === false ? null : fitEffort(effort, target.upstreamModel)
  // Not reasoning is what a model without reasoning does anyway.
  return fitted ?? (effort === 'none' ? null : 'unfit')
}
