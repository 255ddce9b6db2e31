import type { ChatChunk } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { SseEvent } from '@atpar/core/sse'

import type { StreamDecoder } from '../contract.ts'
import { asObject, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { readReasoningItem } from './reasoning-item.ts'
import { readFinishReason, readKeptIds } from './response.ts'
import { readUsage } from './usage.ts'

const NOTHING: readonly ChatChunk[] = []
const INDEX = 0

interface OpenCall {
  readonly callIndex: number
  hasArguments: boolean
}

/** Reads https://platform.openai.com/docs/api-reference/responses-streaming. The payload's own `type` counts, not the event's name. */
export const openStream = (): StreamDecoder => {
  const calls = new Map<number, OpenCall>()
  let keptIds: readonly string[] = []
  let serviceTier: string | null = null
  let hasStarted = false
  let isFinished = false
  let refused = false
  /** Whether the thought under way has shown any words, by which one without is told to be the provider's own. */
  let hasThought = false

  const readText = (
    body: JsonObject,
    type: 'text-delta' | 'thinking-delta' | 'refusal-delta',
  ): readonly ChatChunk[] => {
    const text = asText(body.delta) ?? ''
    return text === '' ? NOTHING : [{ type, index: INDEX, text }]
  }

  const readThought = (body: JsonObject): readonly ChatChunk[] => {
    hasThought = true
    return readText(body, 'thinking-delta')
  }

  const readItem = (position: number, item: JsonObject): readonly ChatChunk[] => {
    if (item.type === 'reasoning') hasThought = false
    if (item.type !== 'function_call') return NOTHING
    const [id, name] = [asText(item.call_id), asText(item.name)]
    if (id === null || name === null) return NOTHING
    const callIndex = calls.size
    calls.set(position, { callIndex, hasArguments: false })
    return [{ type: 'tool-call-start', index: INDEX, callIndex, id, name }]
  }

  const readArguments = (position: number, text: string | null): readonly ChatChunk[] => {
    const call = calls.get(position)
    if (call === undefined || text === null || text === '') return NOTHING
    call.hasArguments = true
    return [{ type: 'tool-call-delta', index: INDEX, callIndex: call.callIndex, argumentsJson: text }]
  }

  /** What came whole instead of piece by piece, and no arguments at all. */
  const completeArguments = (position: number, text: string | null): readonly ChatChunk[] => {
    const call = calls.get(position)
    if (call === undefined || call.hasArguments) return NOTHING
    return readArguments(position, text === null || text === '' ? '{}' : text)
  }

  const readItemEnd = (position: number, item: JsonObject): readonly ChatChunk[] => {
    if (item.type === 'function_call') return completeArguments(position, asText(item.arguments))
    if (item.type !== 'reasoning') return NOTHING
    const signature = readReasoningItem(item)?.signature ?? null
    if (signature === null) return NOTHING
    return [{ type: 'thinking-signature', index: INDEX, signature, ...(hasThought ? {} : { redacted: true }) }]
  }

  const readStart = (response: JsonObject): readonly ChatChunk[] => {
    keptIds = readKeptIds(response)
    if (hasStarted) return NOTHING
    hasStarted = true
    return [{ type: 'start', providerId: asText(response.id), servedModel: asText(response.model) }]
  }

  const readEnd = (response: JsonObject): readonly ChatChunk[] => {
    const start = readStart(response)
    isFinished = true
    serviceTier = asText(response.service_tier) ?? serviceTier
    const open = [...calls.keys()].flatMap((position) => completeArguments(position, null))
    const reason = readFinishReason(response, { calledTools: calls.size > 0, refused })
    const usage = readUsage(response)
    return [
      ...start,
      ...open,
      { type: 'finish', index: INDEX, reason },
      ...(usage === null ? [] : [{ type: 'usage', usage, final: true } as const]),
    ]
  }

  const readFailure = (error: JsonObject | null): readonly ChatChunk[] => [
    {
      type: 'error',
      code: asText(error?.code),
      message: maskMessage(asText(error?.message) ?? 'The provider reported an error without words.'),
    },
  ]

  const readBody = (body: JsonObject): readonly ChatChunk[] => {
    const position = typeof body.output_index === 'number' ? body.output_index : 0
    switch (asText(body.type) ?? '') {
      case 'response.output_text.delta':
        return readText(body, 'text-delta')
      case 'response.function_call_arguments.delta':
        return readArguments(position, asText(body.delta))
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return readThought(body)
      case 'response.reasoning_summary_part.added':
        return typeof body.summary_index === 'number' && body.summary_index > 0
          ? [{ type: 'thinking-delta', index: INDEX, text: '\n\n' }]
          : NOTHING
      case 'response.refusal.delta':
        refused = true
        return readText(body, 'refusal-delta')
      case 'response.function_call_arguments.done':
        return completeArguments(position, asText(body.arguments))
      case 'response.output_item.added':
        return readItem(position, asObject(body.item) ?? {})
      case 'response.output_item.done':
        return readItemEnd(position, asObject(body.item) ?? {})
      case 'response.created':
        return readStart(asObject(body.response) ?? {})
      case 'response.completed':
      case 'response.incomplete':
        return readEnd(asObject(body.response) ?? {})
      case 'response.failed':
        return readFailure(asObject(asObject(body.response)?.error))
      case 'error':
        return readFailure(asObject(body.error) ?? body)
      default:
        return NOTHING
    }
  }

  return {
    push(event: SseEvent) {
      const { data } = event
      if (data === '' || isFinished || data.trim() === '[DONE]') return NOTHING
      const body = parseJsonObject(data)
      if (body === null)
        return [{ type: 'error', code: 'malformed_event', message: 'The provider sent an event that is not JSON.' }]
      return readBody(body)
    },
    get finished() {
      return isFinished
    },
    get serviceTier() {
      return serviceTier
    },
    get keptIds() {
      return keptIds
    },
  }
}
