import type { Answer, AnswerChoice } from '../generate/answer.ts'
import type { Envelope } from '../generate/wire-format.ts'
import { writeUsage } from './usage.ts'

/** The fields every answer and every chunk begins with. */
export function writeHead(object: string, { request, requestId, startedAt, provider }: Envelope) {
  return {
    id: `chatcmpl-${requestId.replace(/^req_/, '')}`,
    object,
    created: Math.floor(startedAt.getTime() / 1000),
    model: request.model,
    ...(provider.id === 'openai' ? { service_tier: 'default' } : {}),
    system_fingerprint: 'fp_5a1f3c7d20',
  }
}

export function finishReason(choice: AnswerChoice): 'stop' | 'length' | 'tool_calls' {
  return choice.finish === 'stop_sequence' ? 'stop' : choice.finish
}

/** A chat.completion body. */
export function writeChatAnswer(answer: Answer, envelope: Envelope): string {
  const { provider, directive, requestId } = envelope
  return JSON.stringify({
    ...writeHead('chat.completion', envelope),
    choices: answer.choices.map((choice) => writeChoice(choice, envelope)),
    ...(directive.no_usage === true ? {} : { usage: writeUsage(answer.usage, provider, directive) }),
    ...(provider.usageShape === 'groq' ? { x_groq: { id: requestId } } : {}),
  })
}

function writeChoice(choice: AnswerChoice, { provider, request }: Envelope) {
  const hasText = choice.text.length > 0 || choice.toolCalls.length === 0
  const isReasoningShown = provider.reasoningField !== null && choice.reasoning.length > 0 && request.showsReasoning
  return {
    index: choice.index,
    message: {
      role: 'assistant',
      content: hasText ? choice.text.join('') : null,
      ...(isReasoningShown ? { [provider.reasoningField ?? '']: choice.reasoning.join('') } : {}),
      ...(choice.toolCalls.length > 0 ? { tool_calls: choice.toolCalls.map(writeToolCall) } : {}),
      ...(provider.id === 'openai' ? { refusal: null, annotations: [] } : {}),
    },
    logprobs: request.includesLogprobs ? { content: choice.text.map(writeLogprob), refusal: null } : null,
    finish_reason: finishReason(choice),
  }
}

function writeToolCall(call: AnswerChoice['toolCalls'][number]) {
  return { id: `call_${call.id}`, type: 'function', function: { name: call.name, arguments: call.pieces.join('') } }
}

export function writeLogprob(piece: string) {
  return { token: piece, logprob: -0.125, bytes: [...Buffer.from(piece)], top_logprobs: [] }
}
