import type { ChatChunk } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { SseEvent } from '@atpar/core/sse'

import type { StreamDecoder } from '../contract.ts'
import { asObject, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { readSignature } from '../signatures.ts'
import { readServiceTier, readStopReason } from './response.ts'
import { readUsage } from './usage.ts'

const NOTHING: readonly ChatChunk[] = []
const INDEX = 0

interface OpenCall {
  readonly callIndex: number
  hasArguments: boolean
}

/** Reads https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html. `messageStop` ends the answer, `metadata` with the counts follows it. */
export const openStream = (): StreamDecoder => {
  const calls = new Map<number, OpenCall>()
  let hasStarted = false
  let isFinished = false
  let serviceTier: string | null = null

  const readBlockStart = (position: number, start: JsonObject | null): readonly ChatChunk[] => {
    const call = asObject(start?.toolUse)
    const [id, name] = [asText(call?.toolUseId), asText(call?.name)]
    if (id === null || name === null) return NOTHING
    const callIndex = calls.size
    calls.set(position, { callIndex, hasArguments: false })
    return [{ type: 'tool-call-start', index: INDEX, callIndex, id, name }]
  }

  const readDelta = (position: number, delta: JsonObject): readonly ChatChunk[] => {
    const text = asText(delta.text)
    if (text !== null) return [{ type: 'text-delta', index: INDEX, text }]
    const input = asText(asObject(delta.toolUse)?.input)
    if (input !== null) return readArguments(position, input)
    const reasoning = asObject(delta.reasoningContent)
    return reasoning === null ? NOTHING : readReasoning(reasoning)
  }

  const readArguments = (position: number, argumentsJson: string): readonly ChatChunk[] => {
    const call = calls.get(position)
    if (call === undefined || argumentsJson === '') return NOTHING
    call.hasArguments = true
    return [{ type: 'tool-call-delta', index: INDEX, callIndex: call.callIndex, argumentsJson }]
  }

  const readReasoning = (reasoning: JsonObject): readonly ChatChunk[] => {
    const text = asText(reasoning.text)
    if (text !== null) return [{ type: 'thinking-delta', index: INDEX, text }]
    const redacted = readSignature(asText(reasoning.redactedContent), 'bedrock-converse')
    if (redacted !== null) return [{ type: 'thinking-signature', index: INDEX, signature: redacted, redacted: true }]
    const signature = readSignature(asText(reasoning.signature), 'bedrock-converse')
    return signature === null ? NOTHING : [{ type: 'thinking-signature', index: INDEX, signature }]
  }

  const readBlockStop = (position: number): readonly ChatChunk[] => {
    const call = calls.get(position)
    if (call === undefined || call.hasArguments) return NOTHING
    call.hasArguments = true
    return [{ type: 'tool-call-delta', index: INDEX, callIndex: call.callIndex, argumentsJson: '{}' }]
  }

  const readMetadata = (body: JsonObject): readonly ChatChunk[] => {
    serviceTier = readServiceTier(body)
    const usage = readUsage(body.usage)
    return usage === null ? NOTHING : [{ type: 'usage', usage, final: true }]
  }

  const readEvent = (name: string, body: JsonObject): readonly ChatChunk[] => {
    const position = typeof body.contentBlockIndex === 'number' ? body.contentBlockIndex : 0
    switch (name) {
      case 'messageStart':
        if (hasStarted) return NOTHING
        hasStarted = true
        return [{ type: 'start', providerId: null, servedModel: null }]
      case 'contentBlockStart':
        return readBlockStart(position, asObject(body.start))
      case 'contentBlockDelta':
        return readDelta(position, asObject(body.delta) ?? {})
      case 'contentBlockStop':
        return readBlockStop(position)
      case 'messageStop': {
        const reason = readStopReason(body.stopReason)
        if (reason === null || isFinished) return NOTHING
        isFinished = true
        return [{ type: 'finish', index: INDEX, reason }]
      }
      case 'metadata':
        return readMetadata(body)
      default:
        // Exceptions are events of their own name; what is neither is news that nobody here can use.
        return /(?:Exception|Error)$/.test(name) ? [describeException(name, body)] : NOTHING
    }
  }

  return {
    push({ event, data }: SseEvent) {
      const body = parseJsonObject(data)
      return body === null
        ? [{ type: 'error', code: 'malformed_event', message: 'The provider sent an event that is not its format.' }]
        : readEvent(event, body)
    },
    get finished() {
      return isFinished
    },
    get serviceTier() {
      return serviceTier
    },
  }
}

const describeException = (name: string, body: JsonObject): ChatChunk => ({
  type: 'error',
  code: name,
  message: maskMessage(
    asText(body.message) ?? asText(body.originalMessage) ?? 'The provider reported an error without words.',
  ),
})
