import type { BookUsage } from '../books.ts'
import type { Answer } from '../generate/answer.ts'
import { listSteps, tokensOfStep, type Step } from '../generate/steps.ts'
import { frame, type Envelope, type Frame } from '../generate/wire-format.ts'
import { finishReason, writeCallPart, writeUsageMetadata } from './answer.ts'
import { signThought } from './signature.ts'

/** Server-sent events: `?alt=sse`. */
export function* streamGenerateEvents(answer: Answer, envelope: Envelope): Generator<Frame, undefined> {
  for (const chunk of streamChunks(answer, envelope)) {
    yield chunk.data === '' ? chunk : { ...chunk, data: `data: ${chunk.data.toString()}\r\n\r\n` }
  }
}

/** One JSON array, an element at a time: what comes without `alt=sse`. */
export function* streamGenerateArray(answer: Answer, envelope: Envelope): Generator<Frame, undefined> {
  let isFirst = true
  for (const chunk of streamChunks(answer, envelope)) {
    yield chunk.data === '' ? chunk : { ...chunk, data: `${isFirst ? '[' : ',\r\n'}${chunk.data.toString()}` }
    if (chunk.data !== '') isFirst = false
  }
  yield frame(']')
}

/** Every chunk carries the counts so far; the last ones are the final ones. */
function* streamChunks(answer: Answer, envelope: Envelope): Generator<Frame, undefined> {
  const { request, requestId, directive } = envelope
  const soFar: BookUsage = { ...answer.usage, output_text: 0, output_reasoning: 0 }
  const closing = { modelVersion: request.model, responseId: requestId }
  const write = (candidates: unknown[]) =>
    JSON.stringify({
      candidates,
      ...(directive.no_usage === true ? {} : { usageMetadata: writeUsageMetadata(soFar) }),
      ...closing,
    })

  for (const step of listSteps(answer)) {
    // A call's arguments come whole with the call.
    if (step.kind === 'tool_arguments') continue
    const tokens = tokensOfStep(step)
    if (step.kind === 'tool_start') tokens.text += step.call.pieces.length
    soFar.output_text += tokens.text
    soFar.output_reasoning += tokens.reasoning
    const part = partOfStep(step, envelope)
    const data = part === null ? '' : write([{ content: { parts: [part], role: 'model' }, index: step.choice }])
    yield { data, ...tokens, hasFinalUsage: false }
  }

  const hasUsage = directive.no_usage !== true
  const last = answer.choices.map((choice) => ({
    content: {
      parts: [{ text: '', ...(choice.reasoning.length > 0 ? { thoughtSignature: signThought(requestId) } : {}) }],
      role: 'model',
    },
    finishReason: finishReason(choice),
    index: choice.index,
  }))
  yield { ...frame(write(last)), hasFinalUsage: hasUsage }
  if (hasUsage && directive.usage_twice === true) {
    yield frame(JSON.stringify({ usageMetadata: writeUsageMetadata(soFar), ...closing }))
  }
}

/** Null for thoughts nobody asked to see. */
function partOfStep(step: Exclude<Step, { kind: 'tool_arguments' }>, { request, requestId }: Envelope) {
  switch (step.kind) {
    case 'reasoning':
      return request.showsReasoning ? { text: step.piece, thought: true } : null
    case 'text':
      return { text: step.piece }
    case 'tool_start':
      return writeCallPart(step.call, { requestId, isFirst: step.callIndex === 0 })
  }
}
