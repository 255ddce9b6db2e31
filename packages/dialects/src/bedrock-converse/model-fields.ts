import type { ChatRequest } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'

import { planThinking, takesSampling } from '../claude-reasoning.ts'
import type { UpstreamTarget } from '../contract.ts'
import { asObject, asObjects } from '../fields.ts'

interface Output {
  readonly body: JsonObject
  readonly dropped: Set<string>
  readonly maxTokens: number
  readonly target: UpstreamTarget
}

/** What each maker's models take beside the common parameters, in `additionalModelRequestFields`. */
type Family = 'claude' | 'nova' | 'gpt-oss' | 'other'

const familyOf = (model: string): Family => {
  if (model.includes('claude')) return 'claude'
  if (model.includes('nova')) return 'nova'
  return model.includes('gpt-oss') ? 'gpt-oss' : 'other'
}

export const encodeModelFields = (request: ChatRequest, out: Output): void => {
  encodeReasoning(request, out)
  encodeSampling(request, out)
}

const addFields = (body: JsonObject, fields: JsonObject): void => {
  body.additionalModelRequestFields = { ...asObject(body.additionalModelRequestFields), ...fields }
}

const encodeReasoning = (request: ChatRequest, { body, dropped, maxTokens, target }: Output): void => {
  const { reasoning } = request
  if (reasoning === null || reasoning.effort === 'none' || reasoning.budgetTokens === 0) return
  const model = target.upstreamModel
  const isForced =
    body.toolConfig !== undefined && (request.toolChoice?.kind === 'required' || request.toolChoice?.kind === 'tool')
  const family = target.reasoning === false ? 'other' : familyOf(model)
  switch (family) {
    case 'claude': {
      const plan = isForced || isInUnsignedToolTurn(body) ? null : planThinking(reasoning, { model, maxTokens })
      if (plan === null) break
      addFields(body, { thinking: { ...plan.thinking } })
      if (plan.effort !== null) body.outputConfig = { ...asObject(body.outputConfig), effort: plan.effort }
      return
    }
    // https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
    case 'nova':
      addFields(body, { reasoningConfig: { type: 'enabled', maxReasoningEffort: threeLevels(reasoning) } })
      return
    case 'gpt-oss':
      addFields(body, { reasoning_effort: threeLevels(reasoning) })
      return
    case 'other':
      break
  }
  dropped.add('reasoning_effort')
}

const threeLevels = ({ effort, budgetTokens }: NonNullable<ChatRequest['reasoning']>): 'low' | 'medium' | 'high' => {
  if (effort === 'medium' || effort === 'high') return effort
  if (effort === 'xhigh') return 'high'
  if (effort !== undefined || budgetTokens === undefined) return effort === undefined ? 'medium' : 'low'
  return budgetTokens < 4_096 ? 'low' : budgetTokens < 16_384 ? 'medium' : 'high'
}

/** As at the model's maker: while tools run, thinking is refused unless the answer that called them opens with its own. */
const isInUnsignedToolTurn = (body: JsonObject): boolean => {
  const messages = asObjects(body.messages)
  if (asObjects(messages.at(-1)?.content)[0]?.toolResult === undefined) return false
  return asObjects(messages.at(-2)?.content)[0]?.reasoningContent === undefined
}

/** Claude's temperature ends at 1, refuses company since 4.1, and goes neither with thinking nor with current models. */
const encodeSampling = (request: ChatRequest, { body, dropped, target }: Output): void => {
  const config = asObject(body.inferenceConfig) ?? {}
  const family = familyOf(target.upstreamModel)
  const isClaude = family === 'claude'
  const isFixed =
    isClaude &&
    (asObject(body.additionalModelRequestFields)?.thinking !== undefined || !takesSampling(target.upstreamModel))
  const { temperature, topP, topK } = request
  if (temperature !== null) {
    if (isFixed || temperature > 1) dropped.add('temperature')
    if (!isFixed) config.temperature = Math.min(temperature, 1)
  }
  if (topP !== null) {
    if (isFixed || (isClaude && temperature !== null)) dropped.add('top_p')
    else config.topP = topP
  }
  if (topK !== null) {
    if (isClaude && !isFixed) addFields(body, { top_k: topK })
    else if (family === 'nova') addFields(body, { inferenceConfig: { topK } })
    else dropped.add('top_k')
  }
  const stops = request.stop.filter((text) => text.trim() !== '')
  if (stops.length > 0) config.stopSequences = stops
  body.inferenceConfig = config
}
