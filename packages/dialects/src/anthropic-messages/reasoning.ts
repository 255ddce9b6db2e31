import type { ChatRequest, Reasoning } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'

import type { UpstreamTarget } from '../contract.ts'
import { asObject, asObjects } from '../fields.ts'

/** The least budget the API takes (https://platform.claude.com/docs/en/build-with-claude/extended-thinking). */
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

interface Output {
  readonly body: JsonObject
  readonly dropped: Set<string>
  readonly maxTokens: number
  readonly target: UpstreamTarget
}

/** Turns an effort or a budget into what this model takes; a forced tool call excludes thinking, and the call is what was asked for. */
export const encodeReasoning = (request: ChatRequest, out: Output): void => {
  const { reasoning } = request
  if (reasoning === null || reasoning.effort === 'none' || reasoning.budgetTokens === 0) return
  const generation = out.target.reasoning === false ? 'none' : readGeneration(out.target.upstreamModel)
  const isForced =
    out.body.tools !== undefined && (request.toolChoice?.kind === 'required' || request.toolChoice?.kind === 'tool')
  if (generation === 'none' || isForced || isInUnsignedToolTurn(out.body)) out.dropped.add('reasoning_effort')
  else if (generation === 'adaptive') encodeAdaptive(reasoning, out)
  else encodeBudget(reasoning, out)
}

/**
 * While tools run, the answer that called them must open with its signed thinking, or thinking is refused. Calls that another model made have none.
 */
const isInUnsignedToolTurn = (body: JsonObject): boolean => {
  const messages = asObjects(body.messages)
  const results = asObjects(messages.at(-1)?.content)
  if (results[0]?.type !== 'tool_result') return false
  const [first] = asObjects(messages.at(-2)?.content)
  return first?.type !== 'thinking' && first?.type !== 'redacted_thinking'
}

const encodeAdaptive = (reasoning: Reasoning, { body }: Output): void => {
  body.thinking = { type: 'adaptive' }
  const effort = reasoning.effort ?? effortOf(reasoning.budgetTokens)
  if (effort !== undefined)
    body.output_config = { ...asObject(body.output_config), effort: effort === 'minimal' ? 'low' : effort }
}

const effortOf = (budget: number | undefined): NonNullable<Reasoning['effort']> | undefined =>
  budget === undefined ? undefined : budget < 4_096 ? 'low' : budget < 16_384 ? 'medium' : 'high'

/** The budget is part of max_tokens and below it; an effort leaves at least half for the answer. */
const encodeBudget = (reasoning: Reasoning, { body, dropped, maxTokens }: Output): void => {
  const wanted =
    reasoning.budgetTokens ??
    BUDGETS[reasoning.effort === undefined || reasoning.effort === 'none' ? 'medium' : reasoning.effort]
  const room = reasoning.budgetTokens === undefined ? Math.floor(maxTokens / 2) : maxTokens - 1
  const budget = Math.min(Math.max(wanted, MIN_BUDGET), room)
  if (budget < MIN_BUDGET) dropped.add('reasoning_effort')
  else body.thinking = { type: 'enabled', budget_tokens: budget }
}
