import { signThinking } from '../anthropic/signature.ts'
import { sumInput, sumOutput, type Answer, type AnswerChoice } from '../generate/answer.ts'
import type { Envelope } from '../generate/wire-format.ts'

/** Input counts leave out what was read from a cache or written to one; the total has it all. */
export function writeUsage({ usage }: Answer) {
  const written = usage.cache_write_5m + usage.cache_write_1h
  const details = [
    { ttl: '1h', inputTokens: usage.cache_write_1h },
    { ttl: '5m', inputTokens: usage.cache_write_5m },
  ].filter(({ inputTokens }) => inputTokens > 0)
  return {
    inputTokens: usage.input_uncached,
    outputTokens: sumOutput(usage),
    totalTokens: sumInput(usage) + sumOutput(usage),
    cacheReadInputTokens: usage.cache_read,
    cacheWriteInputTokens: written,
    ...(details.length === 0 ? {} : { cacheDetails: details }),
  }
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

export function toolUseId(id: string): string {
  return `tooluse_${id}`
}

/** A whole answer. */
export function writeConverseAnswer(answer: Answer, { requestId, directive }: Envelope): string {
  const [choice] = answer.choices
  if (choice === undefined) throw new Error('an answer has at least one choice')
  const thinking = { text: choice.reasoning.join(''), signature: signThinking(requestId) }
  return JSON.stringify({
    metrics: { latencyMs: 400 },
    output: {
      message: {
        content: [
          ...(choice.reasoning.length > 0 ? [{ reasoningContent: { reasoningText: thinking } }] : []),
          ...(choice.text.length > 0 ? [{ text: choice.text.join('') }] : []),
          ...choice.toolCalls.map((call) => ({
            toolUse: { input: call.arguments, name: call.name, toolUseId: toolUseId(call.id) },
          })),
        ],
        role: 'assistant',
      },
    },
    stopReason: stopReason(choice),
    ...(directive.no_usage === true ? {} : { usage: writeUsage(answer) }),
  })
}
