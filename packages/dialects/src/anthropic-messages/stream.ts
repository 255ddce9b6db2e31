import type { ChatChunk } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { SseEvent } from '@atpar/core/sse'

import type { StreamDecoder } from '../contract.ts'
import { asObject, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { readSignature } from '../signatures.ts'
import { readErrorWords } from './errors.ts'
import { readStopReason } from './response.ts'
import { mergeRawUsage, readUsage } from './usage.ts'

const NOTHING: readonly ChatChunk[] = []
const INDEX = 0

interface OpenCall {
  readonly callIndex: number
  readonly input: JsonObject
  hasArguments: boolean
}

/** Reads https://platform.claude.com/docs/en/build-with-claude/streaming. The payload's own `type` counts, not the event's name. */
export const openStream = (): StreamDecoder => {
  const calls = new Map<number, OpenCall>()
  let callCount = 0
  let rawUsage: JsonObject | null = null
  let isFinished = false
  let hasReason = false

  const reportUsage = (value: JsonObject | null, final: boolean): ChatChunk[] => {
    if (value === null) return []
    rawUsage = mergeRawUsage(rawUsage, value)
    const usage = readUsage(rawUsage)
    return usage === null ? [] : [{ type: 'usage', usage, final }]
  }

  const readStart = (message: JsonObject | null): readonly ChatChunk[] => [
    { type: 'start', providerId: asText(message?.id), servedModel: asText(message?.model) },
    // The output figure here is a placeholder; the input figures are already right.
    ...reportUsage(asObject(message?.usage), false),
  ]

  const readBlockStart = (position: number, block: JsonObject): readonly ChatChunk[] => {
    switch (asText(block.type) ?? '') {
      case 'text':
        return typeof block.text === 'string' && block.text !== ''
          ? [{ type: 'text-delta', index: INDEX, text: block.text }]
          : NOTHING
      case 'thinking':
        return typeof block.thinking === 'string' && block.thinking !== ''
          ? [{ type: 'thinking-delta', index: INDEX, text: block.thinking }]
          : NOTHING
      case 'redacted_thinking': {
        const signature = readSignature(asText(block.data), 'anthropic-messages')
        return signature === null ? NOTHING : [{ type: 'thinking-signature', index: INDEX, signature, redacted: true }]
      }
      case 'tool_use': {
        const [id, name] = [asText(block.id), asText(block.name)]
        if (id === null || name === null) return NOTHING
        const callIndex = callCount
        callCount += 1
        calls.set(position, { callIndex, input: asObject(block.input) ?? {}, hasArguments: false })
        return [{ type: 'tool-call-start', index: INDEX, callIndex, id, name }]
      }
      default:
        return NOTHING
    }
  }

  const readDelta = (position: number, delta: JsonObject): readonly ChatChunk[] => {
    switch (asText(delta.type) ?? '') {
      case 'text_delta':
        return [{ type: 'text-delta', index: INDEX, text: asText(delta.text) ?? '' }]
      case 'thinking_delta':
        return [{ type: 'thinking-delta', index: INDEX, text: asText(delta.thinking) ?? '' }]
      case 'signature_delta': {
        const signature = readSignature(asText(delta.signature), 'anthropic-messages')
        return signature === null ? NOTHING : [{ type: 'thinking-signature', index: INDEX, signature }]
      }
      case 'input_json_delta': {
        const call = calls.get(position)
        const text = asText(delta.partial_json) ?? ''
        if (call === undefined || text === '') return NOTHING
        call.hasArguments = true
        return [{ type: 'tool-call-delta', index: INDEX, callIndex: call.callIndex, argumentsJson: text }]
      }
      default:
        return NOTHING
    }
  }

  const readBlockStop = (position: number): readonly ChatChunk[] => {
    const call = calls.get(position)
    if (call === undefined || call.hasArguments) return NOTHING
    call.hasArguments = true
    return [
      { type: 'tool-call-delta', index: INDEX, callIndex: call.callIndex, argumentsJson: JSON.stringify(call.input) },
    ]
  }

  const readMessageDelta = (body: JsonObject): readonly ChatChunk[] => {
    const reason = readStopReason(asObject(body.delta)?.stop_reason)
    const finish: ChatChunk[] = reason === null || hasReason ? [] : [{ type: 'finish', index: INDEX, reason }]
    if (reason !== null) hasReason = true
    return [...finish, ...reportUsage(asObject(body.usage), hasReason)]
  }

  const readBody = (body: JsonObject): readonly ChatChunk[] => {
    const position = typeof body.index === 'number' ? body.index : 0
    switch (asText(body.type) ?? '') {
      case 'message_start':
        return readStart(asObject(body.message))
      case 'content_block_start':
        return readBlockStart(position, asObject(body.content_block) ?? {})
      case 'content_block_delta':
        return readDelta(position, asObject(body.delta) ?? {})
      case 'content_block_stop':
        return readBlockStop(position)
      case 'message_delta':
        return readMessageDelta(body)
      case 'message_stop':
        isFinished = true
        return NOTHING
      case 'error': {
        const { code, message } = readErrorWords(body)
        return [
          { type: 'error', code, message: maskMessage(message ?? 'The provider reported an error without words.') },
        ]
      }
      default:
        return NOTHING
    }
  }

  return {
    push(event: SseEvent) {
      if (event.data === '') return NOTHING
      const body = parseJsonObject(event.data)
      return body === null
        ? [{ type: 'error', code: 'malformed_event', message: 'The provider sent an event that is not JSON.' }]
        : readBody(body)
    },
    get finished() {
      return isFinished
    },
    get serviceTier() {
      return asText(rawUsage?.service_tier)
    },
  }
}
