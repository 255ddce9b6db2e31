import type { BookUsage } from '../books.ts'
import { sumOutput, type Answer, type AnswerChoice, type ToolCall } from '../generate/answer.ts'
import type { Envelope } from '../generate/wire-format.ts'
import { signThinking } from './signature.ts'

/** Input counts: `input_tokens` is what was neither read from a cache nor written to one. */
export function writeInputUsage(usage: Readonly<BookUsage>) {
  return {
    input_tokens: usage.input_uncached,
    cache_creation_input_tokens: usage.cache_write_5m + usage.cache_write_1h,
    cache_read_input_tokens: usage.cache_read,
  }
}

export function writeCacheCreation(usage: Readonly<BookUsage>) {
  return { ephemeral_5m_input_tokens: usage.cache_write_5m, ephemeral_1h_input_tokens: usage.cache_write_1h }
}

/** Fields of a message that are null unless the request uses what they belong to. */
export const EMPTY_FIELDS = { stop_details: null, container: null, diagnostics: null }

/** How the request was served. */
export function writeServiceUsage() {
  return { server_tool_use: null, service_tier: 'standard', inference_geo: null, speed: null }
}

/** Output counts: thinking is inside `output_tokens` and told apart in the details. */
export function writeOutputUsage(usage: Readonly<BookUsage>) {
  return {
    output_tokens: sumOutput(usage),
    output_tokens_details: usage.output_reasoning > 0 ? { thinking_tokens: usage.output_reasoning } : null,
  }
}

export function messageId(requestId: string): string {
  return `msg_${requestId.replace(/^req_/, '')}`
}

export function stopReason(choice: AnswerChoice): string {
  switch (choice.finish) {
    case 'stop':
      return 'end_turn'
    case 'length':
      return 'max_tokens'
    case 'tool_calls':
      return 'tool_use'
    case 'stop_sequence':
      return 'stop_sequence'
  }
}

export function toolUseStart(call: ToolCall) {
  return { type: 'tool_use', id: `toolu_${call.id}`, name: call.name, input: {}, caller: { type: 'direct' } }
}

/** A message body. */
export function writeMessage(answer: Answer, { request, requestId, directive }: Envelope): string {
  const [choice] = answer.choices
  if (choice === undefined) throw new Error('an answer has at least one choice')
  const usage = {
    ...writeInputUsage(answer.usage),
    cache_creation: writeCacheCreation(answer.usage),
    ...writeOutputUsage(answer.usage),
    ...writeServiceUsage(),
  }
  return JSON.stringify({
    id: messageId(requestId),
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [
      ...(choice.reasoning.length > 0
        ? [{ type: 'thinking', thinking: choice.reasoning.join(''), signature: signThinking(requestId) }]
        : []),
      ...(choice.text.length > 0 ? [{ type: 'text', text: choice.text.join(''), citations: null }] : []),
      ...choice.toolCalls.map((call) => ({ ...toolUseStart(call), input: call.arguments })),
    ],
    stop_reason: stopReason(choice),
    stop_sequence: choice.stopSequence,
    ...EMPTY_FIELDS,
    ...(directive.no_usage === true ? {} : { usage }),
  })
}
