import type { ChatResponse, FinishReason } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import type { ProviderDialect, ReplyFacts } from '../contract.ts'
import { asObjects, asText } from '../fields.ts'
import { readUsage, writeUsage } from './usage.ts'

export const readFinishReason = (value: JsonValue | undefined): FinishReason | null =>
  value === 'length' || value === 'content_filter'
    ? value === 'length'
      ? 'length'
      : 'content-filter'
    : typeof value === 'string' && value !== ''
      ? 'stop'
      : null

export const writeFinishReason = (reason: FinishReason): string =>
  reason === 'length' ? 'length' : reason === 'content-filter' || reason === 'refusal' ? 'content_filter' : 'stop'

/** OpenAI answers with the name of its build behind a colon ("gpt-3.5-turbo-instruct:20230824-v2"); a tag of Ollama's is another thing. */
export const servedModelOf = (body: JsonObject): string | null =>
  asText(body.model)?.replace(/:\d{8}-v\d+$/, '') ?? null

export const decodeResponse = (body: JsonObject): ChatResponse => {
  const choices = asObjects(body.choices)
  if (choices.length === 0) throw new AppError('upstream_malformed')
  return {
    providerId: asText(body.id),
    servedModel: servedModelOf(body),
    choices: choices.map((choice, position) => ({
      index: typeof choice.index === 'number' ? choice.index : position,
      content: [{ type: 'text', text: asText(choice.text) ?? '' }],
      finishReason: readFinishReason(choice.finish_reason),
    })),
    usage: readUsage(body.usage),
    serviceTier: null,
  }
}

export const readOutcome: ProviderDialect['readOutcome'] = (body) => ({
  usage: readUsage(body.usage),
  servedModel: servedModelOf(body),
  hasContent: asObjects(body.choices).some((choice) => (asText(choice.text) ?? '') !== ''),
  serviceTier: null,
})

export const encodeResponse = (response: ChatResponse, facts: ReplyFacts): JsonObject => ({
  id: facts.generationId,
  object: 'text_completion',
  created: Math.floor(facts.createdAtMs / 1000),
  model: facts.model,
  choices: response.choices.map((choice) => ({
    text: choice.content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    index: choice.index,
    logprobs: null,
    finish_reason: writeFinishReason(choice.finishReason ?? 'stop'),
  })),
  ...(response.usage === null ? {} : { usage: writeUsage(response.usage.units, facts.costUsd) }),
})

export const costEdits = (costUsd: string): readonly JsonEdit[] => [{ path: ['usage', 'cost'], value: costUsd }]
