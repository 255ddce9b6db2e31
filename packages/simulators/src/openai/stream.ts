import type { Answer } from '../generate/answer.ts'
import { listSteps, tokensOfStep, type Step } from '../generate/steps.ts'
import { frame, type Envelope, type Frame } from '../generate/wire-format.ts'
import { finishReason, writeHead, writeLogprob } from './answer.ts'
import { writeUsage } from './usage.ts'

/** Chunks of a streamed chat.completion: role, tokens, finish, usage where it belongs, `[DONE]`. */
export function* streamChatAnswer(answer: Answer, envelope: Envelope): Generator<Frame, undefined> {
  const { provider, directive, request, requestId } = envelope
  const head = JSON.stringify(writeHead('chat.completion.chunk', envelope)).slice(0, -1)
  // Once usage is asked for, every other chunk carries it as null.
  const asksUsage = request.includesUsage && provider.usageShape !== 'deepseek'
  const tail = asksUsage ? ',"usage":null}\n\n' : '}\n\n'
  const chunk = (choices: string, extra = '') => `data: ${head},"choices":[${choices}]${extra}${tail}`
  const isGroq = provider.usageShape === 'groq'

  for (const choice of answer.choices) {
    const hasText = choice.text.length > 0 || choice.toolCalls.length === 0
    const delta = `{"role":"assistant","content":${hasText ? '""' : 'null'}${provider.id === 'openai' ? ',"refusal":null' : ''}}`
    const extra = isGroq ? `,"x_groq":{"id":"${requestId}"}` : ''
    yield frame(chunk(writeDelta(choice.index, delta), extra))
  }
  for (const step of listSteps(answer)) {
    const delta = deltaOfStep(step, envelope)
    const logprobs =
      step.kind === 'text' && request.includesLogprobs
        ? JSON.stringify({ content: [writeLogprob(step.piece)], refusal: null })
        : 'null'
    const data = delta === null ? '' : chunk(writeDelta(step.choice, delta, logprobs))
    yield { data, ...tokensOfStep(step), hasFinalUsage: false }
  }

  yield* streamEnd(answer, envelope, chunk)
  if (directive.no_usage !== true && asksUsage) {
    const usage = JSON.stringify(writeUsage(answer.usage, provider, directive))
    const data = `data: ${head},"choices":[],"usage":${usage}}\n\n`
    yield { ...frame(directive.usage_twice === true ? data.repeat(2) : data), hasFinalUsage: true }
  }
  yield frame('data: [DONE]\n\n')
}

/** The finish reason of each choice; DeepSeek and Groq put the counts into the last of these chunks. */
function* streamEnd(
  answer: Answer,
  { provider, directive, requestId }: Envelope,
  chunk: (choices: string, extra: string) => string,
): Generator<Frame, undefined> {
  const isGroq = provider.usageShape === 'groq'
  const hasUsage = directive.no_usage !== true
  const usage = JSON.stringify(writeUsage(answer.usage, provider, directive))
  for (const choice of answer.choices) {
    const finish = `{"index":${choice.index},"delta":{},"logprobs":null,"finish_reason":"${finishReason(choice)}"}`
    const isLast = choice === answer.choices.at(-1)
    const carriesUsage = hasUsage && isLast && (provider.usageShape === 'deepseek' || isGroq)
    const extra = isGroq
      ? `,"x_groq":{"id":"${requestId}"${carriesUsage ? `,"usage":${usage}` : ''}}`
      : `,"usage":${usage}`
    const data = chunk(finish, carriesUsage ? extra : '')
    const isTwice = carriesUsage && !isGroq && directive.usage_twice === true
    yield { ...frame(isTwice ? data.repeat(2) : data), hasFinalUsage: carriesUsage }
  }
}

function writeDelta(index: number, delta: string, logprobs = 'null'): string {
  return `{"index":${index},"delta":${delta},"logprobs":${logprobs},"finish_reason":null}`
}

/** Null for what the provider thinks but does not show. */
function deltaOfStep(step: Step, { provider, request }: Envelope): string | null {
  switch (step.kind) {
    case 'reasoning':
      if (provider.reasoningField === null || !request.showsReasoning) return null
      return `{"${provider.reasoningField}":${JSON.stringify(step.piece)}}`
    case 'text':
      return `{"content":${JSON.stringify(step.piece)}}`
    case 'tool_start': {
      const call = {
        index: step.callIndex,
        id: `call_${step.call.id}`,
        type: 'function',
        function: { name: step.call.name, arguments: '' },
      }
      return JSON.stringify({ tool_calls: [call] })
    }
    case 'tool_arguments':
      return `{"tool_calls":[{"index":${step.callIndex},"function":{"arguments":${JSON.stringify(step.piece)}}}]}`
  }
}
