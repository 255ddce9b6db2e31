import type { Answer } from '../generate/answer.ts'
import { listSteps, tokensOfStep, type Step } from '../generate/steps.ts'
import { frame, type Envelope, type Frame } from '../generate/wire-format.ts'
import { finishReason, writeUsage } from './chat-answer.ts'

export function writeEvent(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
}

type BlockKind = 'thinking' | 'text' | 'plan' | 'call'

/** Events of a streamed answer: blocks of thoughts and words, or a plan and calls, then the end with the counts. */
export function* streamCohereAnswer(answer: Answer, { requestId, directive }: Envelope): Generator<Frame, undefined> {
  const [choice] = answer.choices
  if (choice === undefined) return
  const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
  yield frame(writeEvent('message-start', { id: requestId, delta: { message } }))
  const hasCalls = choice.toolCalls.length > 0
  let index = -1
  let open: BlockKind | null = null
  for (const step of listSteps(answer)) {
    const kind = kindOf(step, hasCalls)
    if (kind !== open || step.kind === 'tool_start') {
      yield* close(open, index)
      if (kind !== 'plan') index = open === null || (kind === 'call' && open !== 'call') ? 0 : index + 1
      open = kind
      if (kind === 'thinking' || kind === 'text')
        yield frame(writeEvent('content-start', { index, delta: { message: { content: { type: kind, [kind]: '' } } } }))
    }
    yield { ...frame(writeStep(step, { kind, index })), ...tokensOfStep(step) }
  }
  yield* close(open, index)
  const delta = {
    finish_reason: finishReason(choice),
    ...(directive.no_usage === true ? {} : { usage: writeUsage(answer) }),
  }
  yield { ...frame(writeEvent('message-end', { id: requestId, delta })), hasFinalUsage: directive.no_usage !== true }
}

function kindOf(step: Step, hasCalls: boolean): BlockKind {
  if (step.kind === 'reasoning') return 'thinking'
  if (step.kind === 'text') return hasCalls ? 'plan' : 'text'
  return 'call'
}

function* close(open: BlockKind | null, index: number): Generator<Frame, undefined> {
  if (open === 'thinking' || open === 'text') yield frame(writeEvent('content-end', { index }))
  if (open === 'call') yield frame(writeEvent('tool-call-end', { index }))
}

function writeStep(step: Step, { kind, index }: { kind: BlockKind; index: number }): string {
  switch (step.kind) {
    case 'reasoning':
    case 'text':
      return kind === 'plan'
        ? writeEvent('tool-plan-delta', { delta: { message: { tool_plan: step.piece } } })
        : writeEvent('content-delta', { index, delta: { message: { content: { [kind]: step.piece } } } })
    case 'tool_start': {
      const called = {
        id: `${step.call.name}_${step.call.id}`,
        type: 'function',
        function: { name: step.call.name, arguments: '' },
      }
      return writeEvent('tool-call-start', { index, delta: { message: { tool_calls: called } } })
    }
    case 'tool_arguments':
      return writeEvent('tool-call-delta', {
        index,
        delta: { message: { tool_calls: { function: { arguments: step.piece } } } },
      })
  }
}
