import type { ChatResponse, ContentPart, FinishReason } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import type { ReportedUsage } from '@atpar/core/usage'

import type { ReplyFacts } from '../contract.ts'
import { asObject, asObjects, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { mintToolCallId, normalizeArguments } from '../tool-calls.ts'
import { createOutputWriter } from './output-items.ts'
import { readReasoningItem } from './reasoning-item.ts'
import { describeResponse } from './response-head.ts'
import { readUsage, writeUsage } from './usage.ts'

export const decodeResponse = (body: JsonObject): ChatResponse => {
  if (!Array.isArray(body.output))
    throw new AppError('upstream_malformed', { message: 'The provider answered without "output".' })
  const failure = asObject(body.error)
  if (failure !== null)
    throw new AppError('upstream_failed', {
      message: maskMessage(asText(failure.message) ?? 'The provider reported an error without words.'),
    })
  const providerId = asText(body.id)
  const content = asObjects(body.output).flatMap((item, index) => decodeItem(item, { index, seed: providerId ?? '' }))
  return {
    providerId,
    servedModel: asText(body.model),
    choices: [
      {
        index: 0,
        content,
        finishReason: readFinishReason(body, {
          calledTools: content.some((part) => part.type === 'tool-call'),
          refused: content.some((part) => part.type === 'refusal'),
        }),
      },
    ],
    usage: readUsage(body),
    serviceTier: asText(body.service_tier),
  }
}

/** Traces of tools that ran at the provider are left out: their outcome is in the words. */
const decodeItem = (item: JsonObject, origin: { readonly index: number; readonly seed: string }): ContentPart[] => {
  switch (asText(item.type) ?? '') {
    case 'message':
      return asObjects(item.content).flatMap((part): ContentPart[] => {
        const text = asText(part.text) ?? ''
        if (part.type === 'refusal') return [{ type: 'refusal', text: asText(part.refusal) ?? '' }]
        return text === '' ? [] : [{ type: 'text', text }]
      })
    case 'reasoning': {
      const thinking = readReasoningItem(item)
      return thinking === null ? [] : [thinking]
    }
    case 'function_call': {
      const name = asText(item.name)
      if (name === null) return []
      const argumentsJson = normalizeArguments(asText(item.arguments))
      const id = asText(item.call_id) ?? mintToolCallId(origin.index, `${origin.seed} ${name} ${argumentsJson}`)
      return [{ type: 'tool-call', id, name, argumentsJson }]
    }
    default:
      return []
  }
}

/** How a response ended; what it did says more than its `status`. */
export const readFinishReason = (
  response: JsonObject,
  did: { readonly calledTools: boolean; readonly refused: boolean },
): FinishReason => {
  if (response.status === 'failed' || response.status === 'cancelled') return 'error'
  if (response.status === 'incomplete')
    return asObject(response.incomplete_details)?.reason === 'content_filter' ? 'content-filter' : 'length'
  return did.calledTools ? 'tool-calls' : did.refused ? 'refusal' : 'stop'
}

export const readOutcome = (
  body: JsonObject,
): {
  readonly usage: ReportedUsage | null
  readonly servedModel: string | null
  readonly hasContent: boolean
  readonly serviceTier: string | null
  readonly keptIds: readonly string[]
} => ({
  usage: readUsage(body),
  servedModel: asText(body.model),
  hasContent: asObjects(body.output).some((item) => item.type !== 'message' || asObjects(item.content).some(hasWords)),
  serviceTier: asText(body.service_tier),
  keptIds: readKeptIds(body),
})

const hasWords = (part: JsonObject): boolean => (asText(part.text) ?? asText(part.refusal) ?? '') !== ''

/** The response and each of its items, any of which a later request may name; none when it was not to be kept. */
export const readKeptIds = (response: JsonObject): readonly string[] =>
  response.store === false
    ? []
    : [response, ...asObjects(response.output)].flatMap(({ id }) => (typeof id === 'string' && id !== '' ? [id] : []))

/** One choice: this format has no more, and its callers cannot ask for more. */
export const encodeResponse = (response: ChatResponse, facts: ReplyFacts): JsonObject => {
  const choice = response.choices[0]
  const writer = createOutputWriter(facts.generationId)
  return describeResponse(facts, {
    reason: choice?.finishReason ?? 'stop',
    output: (choice?.content ?? []).reduce<JsonObject[]>((items, part) => writer.add(items, part), []),
    usage: response.usage === null ? null : writeUsage(response.usage.units, facts.costUsd),
    serviceTier: response.serviceTier,
  })
}

/** The event that reports usage holds the whole response. */
export const costEdits = (costUsd: string, place: 'answer' | 'event'): readonly JsonEdit[] => [
  { path: place === 'answer' ? ['usage', 'cost'] : ['response', 'usage', 'cost'], value: costUsd },
]
