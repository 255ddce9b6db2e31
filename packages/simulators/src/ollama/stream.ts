import type { Answer } from '../generate/answer.ts'
import { listSteps, tokensOfStep, type Step } from '../generate/steps.ts'
import { frame, type Envelope, type Frame } from '../generate/wire-format.ts'
import { writeClosing, writeFragment, writeHead, type OllamaShape } from './answer.ts'

/** JSON objects, one a line; the last has `done: true` and the counts. */
export function streamOllamaAnswer(shape: OllamaShape) {
  return function* streamLines(answer: Answer, envelope: Envelope): Generator<Frame, undefined> {
    const head = writeHead(envelope)
    for (const step of listSteps(answer)) {
      // A call's arguments come whole with the call.
      if (step.kind === 'tool_arguments') continue
      const tokens = tokensOfStep(step)
      if (step.kind === 'tool_start') tokens.text += step.call.pieces.length
      const fragment = fragmentOfStep(step, envelope)
      const data =
        fragment === null ? '' : `${JSON.stringify({ ...head, ...writeFragment(shape, fragment), done: false })}\n`
      yield { data, ...tokens, hasFinalUsage: false }
    }
    const closing = `${JSON.stringify({ ...head, ...writeFragment(shape, {}), ...writeClosing(answer, envelope) })}\n`
    const hasFinalUsage = envelope.directive.no_usage !== true
    yield { ...frame(envelope.directive.usage_twice === true ? closing.repeat(2) : closing), hasFinalUsage }
  }
}

/** Null for thinking nobody asked to see. */
function fragmentOfStep(step: Exclude<Step, { kind: 'tool_arguments' }>, { request }: Envelope) {
  switch (step.kind) {
    case 'reasoning':
      return request.showsReasoning ? { thinking: step.piece } : null
    case 'text':
      return { text: step.piece }
    case 'tool_start':
      return { calls: [step.call] }
  }
}
