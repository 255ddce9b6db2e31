import { EventStreamCodec } from '@smithy/eventstream-codec'

import { signThinking } from '../anthropic/signature.ts'
import type { Answer } from '../generate/answer.ts'
import { listSteps, tokensOfStep, type Step } from '../generate/steps.ts'
import { frame, type Envelope, type Frame } from '../generate/wire-format.ts'
import { stopReason, toolUseId, writeUsage } from './answer.ts'

/** AWS's own encoder: what is read on the other side is not what this repository thinks the format is. */
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
)

/** One binary message, as AWS sends an event or an exception. */
export function writeMessage(kind: 'event' | 'exception', name: string, payload: object): Buffer {
  const text = (value: string) => ({ type: 'string', value }) as const
  return Buffer.from(
    codec.encode({
      headers: {
        [`:${kind}-type`]: text(name),
        ':content-type': text('application/json'),
        ':message-type': text(kind),
      },
      body: Buffer.from(JSON.stringify(payload)),
    }),
  )
}

const writeEvent = (name: string, payload: object): Buffer => writeMessage('event', name, payload)

type BlockKind = 'reasoning' | 'text' | 'tool'
const kindOf = (step: Step): BlockKind => (step.kind === 'reasoning' || step.kind === 'text' ? step.kind : 'tool')

/** Events of a streamed answer; the counts come last, after the stop. */
export function* streamConverseAnswer(answer: Answer, envelope: Envelope): Generator<Frame, undefined> {
  const { requestId, directive } = envelope
  const [choice] = answer.choices
  if (choice === undefined) return
  yield frame(writeEvent('messageStart', { p: 'abcdefgh', role: 'assistant' }))
  let index = -1
  let open: BlockKind | null = null
  for (const step of listSteps(answer)) {
    const kind = kindOf(step)
    if (kind !== open || step.kind === 'tool_start') {
      if (open !== null) yield* closeBlock(open, { index, requestId })
      index += 1
      open = kind
    }
    yield { ...frame(writeStep(step, index)), ...tokensOfStep(step) }
  }
  if (open !== null) yield* closeBlock(open, { index, requestId })
  yield frame(writeEvent('messageStop', { p: 'abc', stopReason: stopReason(choice) }))
  if (directive.no_usage === true) return
  const closing = writeEvent('metadata', { metrics: { latencyMs: 400 }, p: 'abcd', usage: writeUsage(answer) })
  const twice = directive.usage_twice === true
  yield { ...frame(twice ? Buffer.concat([closing, closing]) : closing), hasFinalUsage: true }
}

function writeStep(step: Step, index: number): Buffer {
  switch (step.kind) {
    case 'reasoning':
      return writeDelta(index, { reasoningContent: { text: step.piece } })
    case 'text':
      return writeDelta(index, { text: step.piece })
    case 'tool_start':
      return writeEvent('contentBlockStart', {
        contentBlockIndex: index,
        p: 'ab',
        start: { toolUse: { name: step.call.name, toolUseId: toolUseId(step.call.id) } },
      })
    case 'tool_arguments':
      return writeDelta(index, { toolUse: { input: step.piece } })
  }
}

function writeDelta(contentBlockIndex: number, delta: object): Buffer {
  return writeEvent('contentBlockDelta', { contentBlockIndex, delta, p: 'abcdef' })
}

function* closeBlock(kind: BlockKind, block: { index: number; requestId: string }): Generator<Frame, undefined> {
  if (kind === 'reasoning')
    yield frame(writeDelta(block.index, { reasoningContent: { signature: signThinking(block.requestId) } }))
  yield frame(writeEvent('contentBlockStop', { contentBlockIndex: block.index, p: 'a' }))
}
