import type { Reasoning } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'

import type { UpstreamTarget } from '../contract.ts'

/** 2.5, 3, …; a name that tells none is taken for current. */
export const generationOf = (model: string): number => {
  const match = /gemini-(\d+(?:\.\d+)?)/.exec(model)
  return match === null ? 3 : Number(match[1])
}

/** What Google's own compatible endpoint makes of an effort: https://ai.google.dev/gemini-api/docs/openai#thinking */
const BUDGETS: Readonly<Record<NonNullable<Reasoning['effort']>, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
}

/** 2.5 Pro cannot stop thinking; this is its least. */
const PRO_MIN_BUDGET = 128

interface Output {
  readonly config: JsonObject
  readonly dropped: Set<string>
  readonly target: UpstreamTarget
}

export const encodeReasoning = (reasoning: Reasoning | null, { config, dropped, target }: Output): void => {
  if (reasoning === null) return
  const isOff = reasoning.effort === 'none' || reasoning.budgetTokens === 0
  const model = target.upstreamModel
  const generation = generationOf(model)
  if (target.reasoning === false || generation < 2.5) {
    if (!isOff) dropped.add('reasoning_effort')
    return
  }
  // The thoughts are asked for with the thinking: the caller's format shows them.
  const shown = isOff ? {} : { includeThoughts: true }
  const budget = reasoning.budgetTokens ?? (reasoning.effort === undefined ? null : BUDGETS[reasoning.effort])
  if (generation >= 3 && reasoning.budgetTokens === undefined) {
    config.thinkingConfig =
      reasoning.effort === undefined ? shown : { thinkingLevel: levelOf(reasoning.effort, model), ...shown }
    return
  }
  const least = isOff && (model.includes('pro') || generation >= 3) ? PRO_MIN_BUDGET : 0
  config.thinkingConfig = budget === null ? shown : { thinkingBudget: Math.max(budget, least), ...shown }
}

/** Only the Flash models of generation 3 go down to minimal and know medium (https://ai.google.dev/gemini-api/docs/thinking#thinking-levels). */
const levelOf = (effort: NonNullable<Reasoning['effort']>, model: string): string => {
  const isFlash = model.includes('flash')
  if (effort === 'none' || effort === 'minimal') return isFlash ? 'minimal' : 'low'
  if (effort === 'low') return 'low'
  return effort === 'medium' && isFlash ? 'medium' : 'high'
}
