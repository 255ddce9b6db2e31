import type { ChatChunk, FinishReason, ProviderSignature } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'
import type { UsageUnits } from '@atpar/core/usage'

import type { StreamEncoder, StreamFacts } from '../contract.ts'
import { encodeError } from './errors.ts'
import { callItem, itemId, messageItem, reasoningItem, refusalPart, textPart } from './output-items.ts'
import { describeResponse, STATUSES } from './response-head.ts'
import { writeUsage } from './usage.ts'

/** A message or a thought while it is being said. */
interface Speech {
  readonly kind: 'message' | 'reasoning'
  readonly index: number
  readonly id: string
  /** What of a message is said already, part by part. */
  readonly parts: JsonObject[]
  /** The part under way; null between two. */
  open: { readonly kind: 'text' | 'refusal' | 'summary'; readonly pieces: string[]; readonly prefix: string } | null
}

interface Call {
  readonly index: number
  readonly id: string
  readonly callId: string
  readonly name: string
  readonly pieces: string[]
}

/**
 * Writes https://platform.openai.com/docs/api-reference/responses-streaming. Speech is one item after another; calls stay open until the end,
 * so that arguments which arrive in turns find theirs.
 */
export const openCallerStream = (facts: StreamFacts): StreamEncoder => {
  const output: JsonObject[] = []
  const calls = new Map<number, Call>()
  let speech: Speech | null = null
  const { eventsSeen = 0 } = facts
  let sequence = eventsSeen
  let reason: FinishReason | null = null
  let units: UsageUnits | null = null
  let count = 0

  const emit = (type: string, fields: JsonObject): string => {
    const text = `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`
    sequence += 1
    return text
  }

  /** The events of every word: written by hand, because there are as many as tokens. */
  const emitDelta = (prefix: string, text: string, suffix: string): string => {
    const event = `${prefix}${JSON.stringify(text)}${suffix},"sequence_number":${sequence}}\n\n`
    sequence += 1
    return event
  }

  const describe = (state: { readonly reason: FinishReason | null; readonly usage: JsonObject | null }): JsonObject =>
    describeResponse(facts, { ...state, output: state.reason === null ? [] : output, serviceTier: null })

  const start = (): string => {
    if (sequence > eventsSeen) return ''
    const response = describe({ reason: null, usage: null })
    return emit('response.created', { response }) + emit('response.in_progress', { response })
  }

  const takeIndex = (): number => {
    count += 1
    return count - 1
  }

  const finishItem = (index: number, item: JsonObject): string => {
    output[index] = item
    return emit('response.output_item.done', { output_index: index, item })
  }

  const closePart = (said: Speech): string => {
    const part = said.open
    if (part === null) return ''
    said.open = null
    const text = part.pieces.join('')
    const at = { item_id: said.id, output_index: said.index }
    if (part.kind === 'summary') {
      const whole = { type: 'summary_text', text }
      said.parts.push(whole)
      return (
        emit('response.reasoning_summary_text.done', { ...at, summary_index: 0, text }) +
        emit('response.reasoning_summary_part.done', { ...at, summary_index: 0, part: whole })
      )
    }
    const whole = part.kind === 'text' ? textPart(text) : refusalPart(text)
    const place = { ...at, content_index: said.parts.length }
    said.parts.push(whole)
    const done =
      part.kind === 'text'
        ? emit('response.output_text.done', { ...place, text, logprobs: [] })
        : emit('response.refusal.done', { ...place, refusal: text })
    return done + emit('response.content_part.done', { ...place, part: whole })
  }

  const closeSpeech = (signature: ProviderSignature | null = null, isRedacted = false): string => {
    const said = speech
    if (said === null) return ''
    const parts = closePart(said)
    speech = null
    const [summary] = said.parts
    const item =
      said.kind === 'message'
        ? messageItem(said.id, said.parts, 'completed')
        : reasoningItem(said.id, {
            text: typeof summary?.text === 'string' ? summary.text : '',
            signature,
            isRedacted,
          })
    return parts + finishItem(said.index, item)
  }

  const openSpeech = (kind: Speech['kind']): { readonly said: Speech; readonly text: string } => {
    if (speech?.kind === kind) return { said: speech, text: '' }
    const closed = closeSpeech()
    const index = takeIndex()
    const id = itemId(kind === 'message' ? 'msg' : 'rs', facts.generationId, index)
    const said: Speech = { kind, index, id, parts: [], open: null }
    speech = said
    const item =
      kind === 'message'
        ? messageItem(id, [], 'in_progress')
        : reasoningItem(id, { text: '', signature: null, isRedacted: false })
    return { said, text: closed + emit('response.output_item.added', { output_index: index, item }) }
  }

  const openPart = (said: Speech, kind: 'text' | 'refusal' | 'summary'): string => {
    const closed = closePart(said)
    const number = said.parts.length
    const place = `"item_id":${JSON.stringify(said.id)},"output_index":${said.index}`
    const delta = (type: string, index: string): string =>
      `event: ${type}\ndata: {"type":"${type}",${place},"${index}":${number},"delta":`
    const at = { item_id: said.id, output_index: said.index }
    if (kind === 'summary') {
      said.open = { kind, pieces: [], prefix: delta('response.reasoning_summary_text.delta', 'summary_index') }
      const part = { type: 'summary_text', text: '' }
      return closed + emit('response.reasoning_summary_part.added', { ...at, summary_index: 0, part })
    }
    const type = kind === 'text' ? 'response.output_text.delta' : 'response.refusal.delta'
    said.open = { kind, pieces: [], prefix: delta(type, 'content_index') }
    const part = kind === 'text' ? textPart('') : refusalPart('')
    return closed + emit('response.content_part.added', { ...at, content_index: number, part })
  }

  const say = (kind: 'text' | 'refusal' | 'summary', text: string): string => {
    if (text === '') return ''
    const { said, text: opened } = openSpeech(kind === 'summary' ? 'reasoning' : 'message')
    const begun = said.open?.kind === kind ? opened : opened + openPart(said, kind)
    const part = said.open
    if (part === null) return begun
    part.pieces.push(text)
    return begun + emitDelta(part.prefix, text, kind === 'text' ? ',"logprobs":[]' : '')
  }

  /** Closes the thought under way, or makes one that holds nothing but what its provider wants back. */
  const sign = (signature: ProviderSignature, isRedacted: boolean): string => {
    const before = isRedacted ? closeSpeech() : ''
    const { text } = openSpeech('reasoning')
    return before + text + closeSpeech(signature, isRedacted)
  }

  const startCall = (chunk: Extract<ChatChunk, { type: 'tool-call-start' }>): string => {
    const before = closeSpeech() + (chunk.signature === undefined ? '' : sign(chunk.signature, false))
    const index = takeIndex()
    const id = itemId('fc', facts.generationId, index)
    calls.set(chunk.callIndex, { index, id, callId: chunk.id, name: chunk.name, pieces: [] })
    const item = callItem(id, { id: chunk.id, name: chunk.name, argumentsJson: '', status: 'in_progress' })
    return before + emit('response.output_item.added', { output_index: index, item })
  }

  const writeArguments = (callIndex: number, delta: string): string => {
    const call = calls.get(callIndex)
    if (call === undefined || delta === '') return ''
    call.pieces.push(delta)
    return emit('response.function_call_arguments.delta', { item_id: call.id, output_index: call.index, delta })
  }

  const closeAll = (): string => {
    let text = closeSpeech()
    for (const { index, id, callId, name, pieces } of calls.values()) {
      const argumentsJson = pieces.join('')
      text += emit('response.function_call_arguments.done', {
        item_id: id,
        output_index: index,
        name,
        arguments: argumentsJson,
      })
      text += finishItem(index, callItem(id, { id: callId, name, argumentsJson, status: 'completed' }))
    }
    calls.clear()
    return text
  }

  const write = (chunk: ChatChunk): string => {
    switch (chunk.type) {
      case 'text-delta':
        return say('text', chunk.text)
      case 'thinking-delta':
        return say('summary', chunk.text)
      case 'refusal-delta':
        return say('refusal', chunk.text)
      case 'thinking-signature':
        return sign(chunk.signature, chunk.redacted === true)
      case 'tool-call-start':
        return startCall(chunk)
      case 'tool-call-delta':
        return writeArguments(chunk.callIndex, chunk.argumentsJson)
      case 'finish':
        reason = chunk.reason
        return closeAll()
      case 'usage':
        units = chunk.usage.units
        return ''
      case 'start':
      case 'error':
        // Errors reach the caller through `fail`, typed.
        return ''
    }
  }

  return {
    // Its callers cannot ask for more than one answer.
    push: (chunk) => ('index' in chunk && chunk.index !== 0 ? '' : start() + write(chunk)),
    end({ costUsd }) {
      const closed = start() + closeAll()
      const ended = reason ?? 'stop'
      const response = describe({ reason: ended, usage: units === null ? null : writeUsage(units, costUsd) })
      return closed + emit(`response.${STATUSES[ended]}`, { response })
    },
    fail(error) {
      const described = encodeError(error, { requestId: null }).error
      const { message, code } = error
      // Whoever has seen our response begin sees it fail; the official clients turn the event after it into an exception.
      const failed =
        sequence === eventsSeen
          ? ''
          : emit('response.failed', {
              response: { ...describe({ reason: 'error', usage: null }), error: { code: 'server_error', message } },
            })
      return failed + emit('error', { code, message, param: error.param, error: described ?? null })
    },
  }
}
