import type { ChatChunk, FinishReason, ProviderSignature } from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'
import { encodeSseEvent } from '@atpar/core/sse'
import type { UsageUnits } from '@atpar/core/usage'

import type { ReplyFacts, StreamEncoder } from '../contract.ts'
import { writeSignature } from '../signatures.ts'
import { encodeError } from './errors.ts'
import { writeStopReason } from './response.ts'
import { writeUsage } from './usage.ts'

type Block =
  | { readonly kind: 'text' }
  | { readonly kind: 'thinking' }
  | { readonly kind: 'tool'; readonly callIndex: number; json: string }

type Delta = Exclude<ChatChunk, { type: 'start' | 'usage' | 'finish' | 'error' }>

/**
 * Writes https://platform.claude.com/docs/en/build-with-claude/streaming: blocks open and close one after another, never two at once.
 * Other formats may write several tool calls in turns; what does not belong to the open call waits until that call is whole.
 */
export const openCallerStream = (facts: ReplyFacts): StreamEncoder => {
  let hasStarted = false
  let position = -1
  let open: Block | null = null
  let waiting: Delta[] = []
  let units: UsageUnits = {}
  let reason: FinishReason = 'stop'

  const write = (type: string, fields: object): string => encodeSseEvent(type, JSON.stringify({ type, ...fields }))

  const start = (): string => {
    if (hasStarted) return ''
    hasStarted = true
    // What is known by now; `message_delta` repeats the input figures with the final ones.
    const usage = { ...writeUsage(units), service_tier: null }
    return write('message_start', {
      message: {
        id: facts.generationId,
        type: 'message',
        role: 'assistant',
        model: facts.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage,
      },
    })
  }

  const close = (): string => {
    if (open === null) return ''
    open = null
    return write('content_block_stop', { index: position })
  }

  const openBlock = (block: Block, content: JsonObject): string => {
    const closed = close()
    open = block
    position += 1
    return `${start()}${closed}${write('content_block_start', { index: position, content_block: content })}`
  }

  const writeDelta = (delta: JsonObject): string => write('content_block_delta', { index: position, delta })

  const ensure = (kind: 'text' | 'thinking'): string => {
    if (open?.kind === kind) return ''
    return openBlock(
      { kind },
      kind === 'text' ? { type: 'text', text: '', citations: null } : { type: 'thinking', thinking: '', signature: '' },
    )
  }

  const writeThinkingSignature = (signature: ProviderSignature, isRedacted: boolean): string => {
    const text = writeSignature(signature, 'anthropic-messages')
    if (isRedacted) return openBlock({ kind: 'thinking' }, { type: 'redacted_thinking', data: text }) + close()
    return ensure('thinking') + writeDelta({ type: 'signature_delta', signature: text }) + close()
  }

  const writeNow = (chunk: Delta): string => {
    switch (chunk.type) {
      case 'text-delta':
      case 'refusal-delta':
        return chunk.text === '' ? '' : ensure('text') + writeDelta({ type: 'text_delta', text: chunk.text })
      case 'thinking-delta':
        return chunk.text === ''
          ? ''
          : ensure('thinking') + writeDelta({ type: 'thinking_delta', thinking: chunk.text })
      case 'thinking-signature':
        return writeThinkingSignature(chunk.signature, chunk.redacted === true)
      case 'tool-call-start': {
        const signed = chunk.signature === undefined ? '' : close() + writeThinkingSignature(chunk.signature, false)
        return (
          signed +
          openBlock(
            { kind: 'tool', callIndex: chunk.callIndex, json: '' },
            { type: 'tool_use', id: chunk.id, name: chunk.name, input: {}, caller: { type: 'direct' } },
          )
        )
      }
      case 'tool-call-delta':
        if (open?.kind !== 'tool') return ''
        open.json += chunk.argumentsJson
        return writeDelta({ type: 'input_json_delta', partial_json: chunk.argumentsJson })
    }
  }

  const mustWait = (chunk: Delta): boolean => {
    if (open?.kind !== 'tool') return false
    if (chunk.type === 'tool-call-delta' && chunk.callIndex === open.callIndex) return false
    return waiting.length > 0 || !isWhole(open.json)
  }

  /** Everything that waited, call by call: by the end of the answer every call is whole. */
  const drain = (): string => {
    const queue = waiting
    waiting = []
    const callOf = (chunk: Delta): number => ('callIndex' in chunk ? chunk.callIndex : Number.MAX_SAFE_INTEGER)
    return queue
      .toSorted((left, right) => callOf(left) - callOf(right))
      .map(writeNow)
      .join('')
  }

  const accept = (chunk: Delta): string => {
    // This format has one choice.
    if (chunk.index !== 0) return ''
    if (!mustWait(chunk)) return writeNow(chunk)
    waiting.push(chunk)
    return ''
  }

  const push = (chunk: ChatChunk): string => {
    switch (chunk.type) {
      case 'usage':
        units = chunk.usage.units
        return ''
      case 'finish':
        if (chunk.index === 0) reason = chunk.reason
        return chunk.index === 0 ? drain() : ''
      case 'start':
      case 'error':
        return ''
      case 'text-delta':
      case 'thinking-delta':
      case 'thinking-signature':
      case 'refusal-delta':
      case 'tool-call-start':
      case 'tool-call-delta':
        return accept(chunk)
    }
  }

  return {
    push,
    end() {
      const blocks = drain() + start() + close()
      return `${blocks}${write('message_delta', { delta: { stop_reason: writeStopReason(reason), stop_sequence: null, stop_details: null, container: null }, usage: writeUsage(units) })}${write('message_stop', {})}`
    },
    fail: (error) => encodeSseEvent('error', JSON.stringify(encodeError(error, { requestId: null }))),
  }
}

/** Whether arguments that came in pieces are all there. */
const isWhole = (json: string): boolean => {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}
