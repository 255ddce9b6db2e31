import { sumInput, sumOutput, type Answer, type AnswerChoice } from '../generate/answer.ts'
import type { Envelope } from '../generate/wire-format.ts'

/** The two native endpoints differ in where the text stands. */
export type OllamaShape = 'chat' | 'generate'

const NANOSECONDS_PER_TOKEN = 12_000_000

/** A fragment of an answer in the endpoint's own place. */
export function writeFragment(
  shape: OllamaShape,
  fragment: { text?: string; thinking?: string; calls?: AnswerChoice['toolCalls'] },
): Record<string, unknown> {
  const thinking = fragment.thinking === undefined ? {} : { thinking: fragment.thinking }
  if (shape === 'generate') return { response: fragment.text ?? '', ...thinking }
  const calls = fragment.calls ?? []
  return {
    message: {
      role: 'assistant',
      content: fragment.text ?? '',
      ...thinking,
      ...(calls.length > 0
        ? { tool_calls: calls.map((call) => ({ function: { name: call.name, arguments: call.arguments } })) }
        : {}),
    },
  }
}

/** The closing fields: why it ended, the counts, and times that fit them. */
export function writeClosing(answer: Answer, { directive }: Envelope) {
  const input = sumInput(answer.usage)
  const output = sumOutput(answer.usage)
  const counts = {
    prompt_eval_count: input,
    prompt_eval_duration: input * 100_000,
    eval_count: output,
    eval_duration: output * NANOSECONDS_PER_TOKEN,
  }
  return {
    done: true,
    done_reason: answer.choices[0]?.finish === 'length' ? 'length' : 'stop',
    total_duration: counts.prompt_eval_duration + counts.eval_duration + 30_000_000,
    load_duration: 30_000_000,
    ...(directive.no_usage === true ? {} : counts),
  }
}

export function writeHead({ request, startedAt }: Envelope) {
  return { model: request.model, created_at: startedAt.toISOString() }
}

/** The whole answer as one object. */
export function writeOllamaAnswer(shape: OllamaShape) {
  return (answer: Answer, envelope: Envelope): string => {
    const [choice] = answer.choices
    const isShown = choice !== undefined && choice.reasoning.length > 0 && envelope.request.showsReasoning
    const fragment = {
      text: choice?.text.join('') ?? '',
      ...(isShown ? { thinking: choice.reasoning.join('') } : {}),
      calls: choice?.toolCalls ?? [],
    }
    return JSON.stringify({
      ...writeHead(envelope),
      ...writeFragment(shape, fragment),
      ...writeClosing(answer, envelope),
    })
  }
}
