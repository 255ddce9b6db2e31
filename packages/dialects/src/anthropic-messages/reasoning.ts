import type { ChatRequest } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'

import { planThinking } from '../claude-reasoning.ts'
import type { UpstreamTarget } from '../contract.ts'
import { asObject, asObjects } from '../fields.ts'

interface Output {
  readonly body: JsonObject
  readonly dropped: Set<string>
  readonly maxTokens: number
  readonly target: UpstreamTarget
}

/** Turns an effort or a budget into what this model takes; a forced tool call excludes thinking, and the call is what was asked for. */
export const encodeReasoning = (request: ChatRequest, { body, dropped, maxTokens, target }: Output): void => {
  const { reasoning } = request
  if (reasoning === null || reasoning.effort === 'none' || reasoning.budgetTokens === 0) return
  const isForced =
    body.tools !== undefined && (request.toolChoice?.kind === 'required' || request.toolChoice?.kind === 'tool')
  const plan =
    target.reasoning === false || isForced || isInUnsignedToolTurn(body)
      ? null
      : planThinking(reasoning, { model: target.upstreamModel, maxTokens })
  if (plan === null) {
    dropped.add('reasoning_effort')
    return
  }
  body.thinking = { ...plan.thinking }
  if (plan.effort !== null) body.output_config = { ...asObject(body.output_config), effort: plan.effort }
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
