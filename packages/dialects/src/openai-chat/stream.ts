import type { ChatChunk } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { SseEvent } from '@atpar/core/sse'

import type { StreamDecoder } from '../contract.ts'
import { asObject, asObjects, asText } from '../fields.ts'
import { maskMessage } from '../mask-message.ts'
import { RepeatedText } from '../repeated-text.ts'
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
const NO_TEXT = { type: 'text-delta', index: 0 } as const

/** Reads the chunks of https://platform.openai.com/docs/api-reference/chat-streaming and of the many servers that speak it. */
export const openStream = (): StreamDecoder => new ChatStreamDecoder()

/** A class for the sake of memory: every open stream holds one. */
class ChatStreamDecoder implements StreamDecoder {
  readonly #choices = new Map<number, ChoiceState>()
  readonly #repeated = new RepeatedText()
  /** What an event found by `#repeated` says, but for its text. */
  #repeatedAs: { readonly type: 'text-delta' | 'thinking-delta'; readonly index: number } = NO_TEXT
  #hasStarted = false
  #isDone = false
  #streamId = ''
  #serviceTier: string | null = null

  push({ data }: SseEvent): readonly ChatChunk[] {
    if (data === '' || this.#isDone) return NOTHING
    const repeated = this.#repeated.find(data)
    if (repeated !== null) return [{ type: this.#repeatedAs.type, index: this.#repeatedAs.index, text: repeated }]
    if (data === '[DONE]' || data.trim() === '[DONE]') {
      this.#isDone = true
      return NOTHING
    }
    const body = parseJsonObject(data)
    if (body === null)
      return [{ type: 'error', code: 'malformed_event', message: 'The provider sent an event that is not JSON.' }]
    const chunks = this.#readBody(body)
    const [first] = chunks
    if (chunks.length === 1 && (first?.type === 'text-delta' || first?.type === 'thinking-delta')) {
      this.#repeatedAs = first
      this.#repeated.learn(data, first.text)
    } else this.#repeated.learn(data, null)
    return chunks
  }

  get finished(): boolean {
    return this.#isDone || this.#areChoicesFinished()
  }

  get serviceTier(): string | null {
    return this.#serviceTier
  }

  #areChoicesFinished(): boolean {
    for (const choice of this.#choices.values()) if (!choice.isFinished) return false
    return this.#choices.size > 0
  }

  #readBody(body: JsonObject): readonly ChatChunk[] {
    if (body.error !== undefined && body.error !== null) {
      const { code, message } = readErrorWords(body)
      return [{ type: 'error', code, message: maskMessage(message ?? 'The provider reported an error without words.') }]
    }
    const chunks: ChatChunk[] = []
    if (!this.#hasStarted) {
      this.#hasStarted = true
      this.#streamId = asText(body.id) ?? ''
      chunks.push({ type: 'start', providerId: asText(body.id), servedModel: asText(body.model) })
    }
    this.#serviceTier = asText(body.service_tier) ?? this.#serviceTier
    const received = asObjects(body.choices)
    for (const choice of received) this.#readChoice(choice, chunks)
    const usage = findUsage(body)
    // Servers that send running totals send them with content; the bill comes alone or with the end.
    if (usage !== null)
      chunks.push({ type: 'usage', usage, final: received.length === 0 || this.#areChoicesFinished() })
    return chunks
  }

  #readChoice(choice: JsonObject, chunks: ChatChunk[]): void {
    const index = typeof choice.index === 'number' ? choice.index : 0
    let state = this.#choices.get(index)
    if (state === undefined) {
      state = { calls: [], isFinished: false }
      this.#choices.set(index, state)
    }
    const delta = asObject(choice.delta) ?? asObject(choice.message)
    if (delta !== null) {
      readText(delta, index, chunks)
      const { calls } = state
      for (const call of asObjects(delta.tool_calls)) readCall(call, { index, calls, chunks, streamId: this.#streamId })
    }
    const reason = readFinishReason(choice.finish_reason, state.calls.length > 0)
    if (reason === null || state.isFinished) return
    state.isFinished = true
    for (const call of state.calls)
      if (!call.hasArguments)
        chunks.push({ type: 'tool-call-delta', index, callIndex: call.callIndex, argumentsJson: '{}' })
    chunks.push({ type: 'finish', index, reason })
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
