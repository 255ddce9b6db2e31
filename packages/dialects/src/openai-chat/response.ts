import type { ChatChoice, ChatResponse, ContentPart, FinishReason } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'
import type { ReportedUsage } from '@atpar/core/usage'

import type { ReplyFacts } from '../contract.ts'
import { asList, asObject, asObjects, asText } from '../fields.ts'
import { readMediaUrl, writeMediaUrl } from '../media.ts'
import { writeServiceTier } from '../openai-service-tier.ts'
import { mintToolCallId, normalizeArguments } from '../tool-calls.ts'
import { readToolSignature, writeReasoningDetail, writeToolSignature } from './reasoning-details.ts'
import { findUsage, writeUsage } from './usage.ts'

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  eos: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  error: 'error',
}

/** Some servers say "stop" after calling a tool; what they did counts. A reason nobody knows is an ordinary end. */
export const readFinishReason = (value: JsonValue | undefined, calledTools: boolean): FinishReason | null => {
  if (typeof value !== 'string') return null
  const reason = FINISH_REASONS[value] ?? 'stop'
  return reason === 'stop' && calledTools ? 'tool-calls' : reason
}

const WRITTEN_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  error: 'error',
}

export const writeFinishReason = (reason: FinishReason): string => WRITTEN_REASONS[reason]

export const decodeResponse = (body: JsonObject): ChatResponse => {
  if (!Array.isArray(body.choices))
    throw new AppError('upstream_malformed', { message: 'The provider answered without "choices".' })
  const providerId = asText(body.id)
  return {
    providerId,
    servedModel: asText(body.model),
    choices: asObjects(body.choices).map((choice, position) =>
      decodeChoice(choice, { position, seed: providerId ?? '' }),
    ),
    usage: findUsage(body),
    serviceTier: asText(body.service_tier),
  }
}

const decodeChoice = (choice: JsonObject, origin: { readonly position: number; readonly seed: string }): ChatChoice => {
  const message = asObject(choice.message)
  if (message === null)
    throw new AppError('upstream_malformed', { message: 'The provider answered with a choice that has no "message".' })
  const calls = asObjects(message.tool_calls).flatMap((call, index) => decodeCall(call, { index, seed: origin.seed }))
  return {
    index: typeof choice.index === 'number' ? choice.index : origin.position,
    content: [...decodeThinking(message), ...decodeContent(message), ...calls],
    finishReason: readFinishReason(choice.finish_reason, calls.length > 0),
  }
}

const decodeThinking = (message: JsonObject): ContentPart[] => {
  const text = asText(message.reasoning_content) ?? asText(message.reasoning)
  return text === null || text === '' ? [] : [{ type: 'thinking', text, signature: null }]
}

const decodeContent = (message: JsonObject): ContentPart[] => {
  const parts: ContentPart[] = []
  if (typeof message.content === 'string' && message.content !== '') parts.push({ type: 'text', text: message.content })
  else
    for (const part of asObjects(message.content))
      if (typeof part.text === 'string' && part.text !== '') parts.push({ type: 'text', text: part.text })
  for (const image of asObjects(message.images)) {
    const url = asText(asObject(image.image_url)?.url)
    if (url !== null) parts.push({ type: 'image', source: readMediaUrl(url) })
  }
  const refusal = asText(message.refusal)
  if (refusal !== null && refusal !== '') parts.push({ type: 'refusal', text: refusal })
  return parts
}

const decodeCall = (call: JsonObject, origin: { readonly index: number; readonly seed: string }): ContentPart[] => {
  const called = asObject(call.function)
  const name = asText(called?.name)
  if (called === null || name === null) return []
  const argumentsJson = normalizeArguments(
    typeof called.arguments === 'string'
      ? called.arguments
      : isJsonObject(called.arguments)
        ? JSON.stringify(called.arguments)
        : null,
  )
  const id = asText(call.id)
  const signature = readToolSignature(call)
  return [
    {
      type: 'tool-call',
      id: id === null || id === '' ? mintToolCallId(origin.index, `${origin.seed} ${name} ${argumentsJson}`) : id,
      name,
      argumentsJson,
      ...(signature === null ? {} : { signature }),
    },
  ]
}

export const readOutcome = (
  body: JsonObject,
): {
  readonly usage: ReportedUsage | null
  readonly servedModel: string | null
  readonly hasContent: boolean
  readonly serviceTier: string | null
} => ({
  usage: findUsage(body),
  servedModel: asText(body.model),
  hasContent: asList(body.choices).some((choice) => hasContent(asObject(asObject(choice)?.message))),
  serviceTier: asText(body.service_tier),
})

const isFilled = (value: JsonValue | undefined): boolean =>
  (typeof value === 'string' && value !== '') || asList(value).length > 0

const hasContent = (message: JsonObject | null): boolean =>
  message !== null &&
  (isFilled(message.content) ||
    isFilled(message.tool_calls) ||
    isFilled(message.refusal) ||
    isFilled(message.reasoning_content) ||
    isFilled(message.reasoning) ||
    isFilled(message.images) ||
    asObject(message.audio) !== null)

export const encodeResponse = (response: ChatResponse, facts: ReplyFacts): JsonObject => ({
  id: facts.generationId,
  object: 'chat.completion',
  created: Math.floor(facts.createdAtMs / 1000),
  model: facts.model,
  choices: response.choices.map((choice) => ({
    index: choice.index,
    message: encodeMessage(choice.content),
    logprobs: null,
    finish_reason: writeFinishReason(choice.finishReason ?? 'stop'),
  })),
  ...(response.usage === null ? {} : { usage: writeUsage(response.usage.units, facts.costUsd) }),
  ...(response.serviceTier === null ? {} : { service_tier: writeServiceTier(response.serviceTier) }),
})

const encodeMessage = (parts: readonly ContentPart[]): JsonObject => {
  const textOf = (type: 'text' | 'thinking' | 'refusal'): string =>
    parts.flatMap((part) => (part.type === type ? [part.text] : [])).join('')
  const text = textOf('text')
  const refusal = textOf('refusal')
  const reasoning = textOf('thinking')
  const thinking = parts.filter((part) => part.type === 'thinking')
  const calls = parts.filter((part) => part.type === 'tool-call')
  const images = parts.filter((part) => part.type === 'image')
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(thinking.some((part) => part.signature !== null)
      ? { reasoning_details: thinking.map(writeReasoningDetail) }
      : {}),
    ...(images.length === 0
      ? {}
      : { images: images.map((part) => ({ type: 'image_url', image_url: { url: writeMediaUrl(part.source) } })) }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map((call) => ({
            id: call.id,
            type: 'function',
            function: { name: call.name, arguments: call.argumentsJson },
            ...writeToolSignature(call.signature),
          })),
        }),
  }
}

/** What our answer adds to the provider's own, spliced in. */
export const costEdits = (costUsd: string): readonly JsonEdit[] => [{ path: COST_PATH, value: costUsd }]

const COST_PATH = ['usage', 'cost'] as const
