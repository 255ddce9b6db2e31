import type { Answer, ToolCall } from '../generate/answer.ts'
import { listSteps, tokensOfStep } from '../generate/steps.ts'
import { frame, type Envelope, type Frame } from '../generate/wire-format.ts'
import {
  EMPTY_FIELDS,
  messageId,
  stopReason,
  toolUseStart,
  writeCacheCreation,
  writeInputUsage,
  writeOutputUsage,
  writeServiceUsage,
} from './answer.ts'
import { signThinking } from './signature.ts'

type BlockKind = 'thinking' | 'text' | 'tool_use'

function writeEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Events of a streamed message: input counts come with the first, output counts with the last but one. */
export function* streamMessage(answer: Answer, envelope: Envelope): Generator<Frame, undefined> {
  const { requestId, directive } = envelope
  const [choice] = answer.choices
  if (choice === undefined) return
  yield frame(writeStart(answer, envelope))

  let index = -1
  let open: BlockKind | null = null
  for (const step of listSteps(answer)) {
    const kind = kindOf(step.kind)
    if (kind !== open || step.kind === 'tool_start') {
      if (open !== null) yield* closeBlock(open, { index, requestId })
      index += 1
      yield frame(openBlock(index, kind, step.kind === 'tool_start' ? step.call : null))
      if (index === 0) yield frame(writeEvent('ping', { type: 'ping' }))
      open = kind
    }
    if (step.kind === 'tool_start') {
      // The first fragment is empty, and is the only one for a call without arguments.
      yield { ...frame(writeDelta(index, 'input_json_delta', 'partial_json', '')), ...tokensOfStep(step) }
      continue
    }
    yield { ...frame(deltaOf(kind, index, step.piece)), ...tokensOfStep(step) }
  }
  if (open !== null) yield* closeBlock(open, { index, requestId })

  const delta = {
    stop_reason: stopReason(choice),
    stop_sequence: choice.stopSequence,
    stop_details: null,
    container: null,
  }
  const hasUsage = directive.no_usage !== true
  const usage = { ...writeInputUsage(answer.usage), ...writeOutputUsage(answer.usage), server_tool_use: null }
  const closing = writeEvent('message_delta', { type: 'message_delta', delta, ...(hasUsage ? { usage } : {}) })
  yield { ...frame(directive.usage_twice === true ? closing.repeat(2) : closing), hasFinalUsage: hasUsage }
  yield frame(writeEvent('message_stop', { type: 'message_stop' }))
}

function writeStart(answer: Answer, { requestId, request, directive }: Envelope): string {
  const usage = {
    ...writeInputUsage(answer.usage),
    cache_creation: writeCacheCreation(answer.usage),
    output_tokens: 1,
    output_tokens_details: null,
    ...writeServiceUsage(),
  }
  const message = {
    id: messageId(requestId),
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    ...EMPTY_FIELDS,
    ...(directive.no_usage === true ? {} : { usage }),
  }
  return writeEvent('message_start', { type: 'message_start', message })
}

function kindOf(step: 'reasoning' | 'text' | 'tool_start' | 'tool_arguments'): BlockKind {
  if (step === 'reasoning') return 'thinking'
  return step === 'text' ? 'text' : 'tool_use'
}

function openBlock(index: number, kind: BlockKind, call: ToolCall | null): string {
  const start = { type: 'content_block_start', index }
  if (call !== null) return writeEvent('content_block_start', { ...start, content_block: toolUseStart(call) })
  const block = kind === 'thinking' ? { type: 'thinking', thinking: '', signature: '' } : { type: 'text', text: '' }
  return writeEvent('content_block_start', { ...start, content_block: block })
}

function* closeBlock(kind: BlockKind, block: { index: number; requestId: string }): Generator<Frame, undefined> {
  if (kind === 'thinking')
    yield frame(writeDelta(block.index, 'signature_delta', 'signature', signThinking(block.requestId)))
  yield frame(writeEvent('content_block_stop', { type: 'content_block_stop', index: block.index }))
}

function deltaOf(kind: BlockKind, index: number, piece: string): string {
  switch (kind) {
    case 'thinking':
      return writeDelta(index, 'thinking_delta', 'thinking', piece)
    case 'text':
      return writeDelta(index, 'text_delta', 'text', piece)
    case 'tool_use':
      return writeDelta(index, 'input_json_delta', 'partial_json', piece)
  }
}

// oxlint-disable-next-line max-params -- called once per token, an object per call would be the larger part of its cost
function writeDelta(index: number, type: string, field: string, piece: string): string {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":${JSON.stringify(piece)}}}\n\n`
}
