import type { ChatChunk } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { SseEvent } from '@atpar/core/sse'

import type { StreamDecoder } from '../contract.ts'
import { asObject, asObjects, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { mintToolCallId } from '../tool-calls.ts'
import { readErrorWords } from './errors.ts'
import { readToolSignature } from './reasoning-details.ts'
import { readFinishReason } from './response.ts'
import { findUsage } from './usage.ts'

/** A tool call while it arrives. */
interface OpenCall {
  readonly callIndex: number
  readonly providerIndex: number
  readonly id: string
  hasArguments: boolean
}

interface ChoiceState {
  readonly calls: OpenCall[]
  isFinished: boolean
}

const NOTHING: readonly ChatChunk[] = []

/** Reads the chunks of https://platform.openai.com/docs/api-reference/chat-streaming and of the many servers that speak it. */
export const openStream = (): StreamDecoder => {
  const choices = new Map<number, ChoiceState>()
  let hasStarted = false
  let isDone = false
  let streamId = ''
  let serviceTier: string | null = null

  const areChoicesFinished = (): boolean =>
    choices.size > 0 && [...choices.values()].every((choice) => choice.isFinished)

  const readChoice = (choice: JsonObject, chunks: ChatChunk[]): void => {
    const index = typeof choice.index === 'number' ? choice.index : 0
    let state = choices.get(index)
    if (state === undefined) {
      state = { calls: [], isFinished: false }
      choices.set(index, state)
    }
    const delta = asObject(choice.delta) ?? asObject(choice.message)
    if (delta !== null) {
      readText(delta, index, chunks)
      for (const call of asObjects(delta.tool_calls)) readCall(call, { index, calls: state.calls, chunks, streamId })
    }
    const reason = readFinishReason(choice.finish_reason, state.calls.length > 0)
    if (reason === null || state.isFinished) return
    state.isFinished = true
    for (const call of state.calls)
      if (!call.hasArguments)
        chunks.push({ type: 'tool-call-delta', index, callIndex: call.callIndex, argumentsJson: '{}' })
    chunks.push({ type: 'finish', index, reason })
  }

  const readBody = (body: JsonObject): readonly ChatChunk[] => {
    if (body.error !== undefined && body.error !== null) {
      const { code, message } = readErrorWords(body)
      return [{ type: 'error', code, message: maskMessage(message ?? 'The provider reported an error without words.') }]
    }
    const chunks: ChatChunk[] = []
    if (!hasStarted) {
      hasStarted = true
      streamId = asText(body.id) ?? ''
      chunks.push({ type: 'start', providerId: asText(body.id), servedModel: asText(body.model) })
    }
    serviceTier = asText(body.service_tier) ?? serviceTier
    const received = asObjects(body.choices)
    for (const choice of received) readChoice(choice, chunks)
    const usage = findUsage(body)
    // Servers that send running totals send them with content; the bill comes alone or with the end.
    if (usage !== null) chunks.push({ type: 'usage', usage, final: received.length === 0 || areChoicesFinished() })
    return chunks
  }

  return {
    push(event: SseEvent) {
      const { data } = event
      if (data === '' || isDone) return NOTHING
      if (data === '[DONE]' || data.trim() === '[DONE]') {
        isDone = true
        return NOTHING
      }
      const body = parseJsonObject(data)
      if (body === null)
        return [{ type: 'error', code: 'malformed_event', message: 'The provider sent an event that is not JSON.' }]
      return readBody(body)
    },
    get finished() {
      return isDone || areChoicesFinished()
    },
    get serviceTier() {
      return serviceTier
    },
  }
}

const readText = (delta: JsonObject, index: number, chunks: ChatChunk[]): void => {
  const thinking = asText(delta.reasoning_content) ?? asText(delta.reasoning)
  if (thinking !== null && thinking !== '') chunks.push({ type: 'thinking-delta', index, text: thinking })
  if (typeof delta.content === 'string') {
    if (delta.content !== '') chunks.push({ type: 'text-delta', index, text: delta.content })
  } else {
    for (const part of asObjects(delta.content))
      if (typeof part.text === 'string' && part.text !== '') chunks.push({ type: 'text-delta', index, text: part.text })
  }
  if (typeof delta.refusal === 'string' && delta.refusal !== '')
    chunks.push({ type: 'refusal-delta', index, text: delta.refusal })
}

/**
 * Calls are told apart by `index`; servers that leave it out, or number every call 0, are told apart by a new id.
 * Our own `callIndex` is dense and in order of appearance whatever the provider's numbers were.
 */
const readCall = (
  call: JsonObject,
  context: {
    readonly index: number
    readonly calls: OpenCall[]
    readonly chunks: ChatChunk[]
    readonly streamId: string
  },
): void => {
  const { index, calls, chunks, streamId } = context
  const called = asObject(call.function)
  const id = asText(call.id)
  const name = asText(called?.name)
  const last = calls.at(-1)
  const providerIndex =
    typeof call.index === 'number' ? call.index : (last?.providerIndex ?? 0) + (id !== null && id !== last?.id ? 1 : 0)
  let open = calls.findLast((candidate) => candidate.providerIndex === providerIndex)
  if (open === undefined || (id !== null && id !== '' && id !== open.id && name !== null && name !== '')) {
    if (name === null || name === '') return
    const callIndex = calls.length
    open = {
      callIndex,
      providerIndex,
      id: id === null || id === '' ? mintToolCallId(callIndex, `${streamId} ${index} ${name}`) : id,
      hasArguments: false,
    }
    calls.push(open)
    const signature = readToolSignature(call)
    chunks.push({
      type: 'tool-call-start',
      index,
      callIndex,
      id: open.id,
      name,
      ...(signature === null ? {} : { signature }),
    })
  }
  const text = asText(called?.arguments)
  if (text === null || text === '') return
  open.hasArguments = true
  chunks.push({ type: 'tool-call-delta', index, callIndex: open.callIndex, argumentsJson: text })
}
