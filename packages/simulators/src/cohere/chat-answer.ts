import { sumInput, sumOutput, type Answer, type AnswerChoice } from '../generate/answer.ts'
import type { Envelope } from '../generate/wire-format.ts'

/** What the API wraps around the words: counted, and not billed. */
const WRAPPING_TOKENS = 66

export function finishReason(choice: AnswerChoice): string {
  switch (choice.finish) {
    case 'stop':
      return 'COMPLETE'
    case 'length':
      return 'MAX_TOKENS'
    case 'tool_calls':
      return 'TOOL_CALL'
    case 'stop_sequence':
      return 'STOP_SEQUENCE'
  }
}

export function writeUsage({ usage }: Answer) {
  const [input, output] = [sumInput(usage), sumOutput(usage)]
  return {
    billed_units: { input_tokens: input, output_tokens: output },
    tokens: { input_tokens: input + WRAPPING_TOKENS, output_tokens: output },
    cached_tokens: 0,
  }
}

/** A whole answer; words before calls are their plan. */
export function writeCohereAnswer(answer: Answer, { requestId, directive }: Envelope): string {
  const [choice] = answer.choices
  if (choice === undefined) throw new Error('an answer has at least one choice')
  const text = choice.text.join('')
  const calls = choice.toolCalls.map((call) => ({
    id: `${call.name}_${call.id}`,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }))
  const thinking = choice.reasoning.length > 0 ? [{ type: 'thinking', thinking: choice.reasoning.join('') }] : []
  const isPlan = calls.length > 0
  return JSON.stringify({
    id: requestId,
    message: {
      role: 'assistant',
      ...(isPlan ? { tool_plan: text, tool_calls: calls } : {}),
      content: isPlan ? thinking : [...thinking, { type: 'text', text }],
    },
    finish_reason: finishReason(choice),
    ...(directive.no_usage === true ? {} : { usage: writeUsage(answer) }),
  })
}
