import type { Answer, AnswerChoice } from '../generate/answer.ts'
import { frame, type Envelope, type Frame } from '../generate/wire-format.ts'
import { writeOutput, writeResponse } from './answer.ts'

type Fields = Record<string, unknown>

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function* streamResponsesAnswer(answer: Answer, envelope: Envelope): Generator<Frame, undefined> {
  let sequence = 0
  const write = (type: string, fields: Fields): string => {
    const text = `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`
    sequence += 1
    return text
  }
  const event = (type: string, fields: Fields): Frame => frame(write(type, fields))
  const [choice] = answer.choices
  const begun = writeResponse(null, envelope)
  yield event('response.created', { response: begun })
  yield event('response.in_progress', { response: begun })
  if (choice !== undefined) yield* streamItems({ answer, envelope, choice, write })
  const response = writeResponse(answer, envelope)
  const whole = write(`response.${String(response['status'])}`, { response })
  yield { ...frame(whole), hasFinalUsage: envelope.directive.no_usage !== true }
}

interface ItemsInput {
  answer: Answer
  envelope: Envelope
  choice: AnswerChoice
  write: (type: string, fields: Fields) => string
}

function* streamItems({ answer, envelope, choice, write }: ItemsInput): Generator<Frame, undefined> {
  const calls = [...choice.toolCalls]
  for (const [index, item] of writeOutput(answer, envelope).entries()) {
    const at = { item_id: item['id'], output_index: index }
    switch (item['type']) {
      case 'reasoning': {
        yield frame(write('response.output_item.added', { output_index: index, item: { ...item, summary: [] } }))
        const place = { ...at, summary_index: 0 }
        const text = choice.reasoning.join('')
        const isShown = envelope.request.showsReasoning
        if (isShown)
          yield frame(
            write('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } }),
          )
        for (const delta of choice.reasoning)
          yield {
            ...frame(isShown ? write('response.reasoning_summary_text.delta', { ...place, delta }) : ''),
            reasoning: 1,
          }
        if (isShown) {
          yield frame(write('response.reasoning_summary_text.done', { ...place, text }))
          yield frame(write('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } }))
        }
        break
      }
      case 'message': {
        const part = { type: 'output_text', annotations: [], logprobs: [], text: '' }
        const place = { ...at, content_index: 0 }
        const text = choice.text.join('')
        yield frame(
          write('response.output_item.added', {
            output_index: index,
            item: { ...item, status: 'in_progress', content: [] },
          }),
        )
        yield frame(write('response.content_part.added', { ...place, part }))
        for (const delta of choice.text)
          yield { ...frame(write('response.output_text.delta', { ...place, delta, logprobs: [] })), text: 1 }
        yield frame(write('response.output_text.done', { ...place, text, logprobs: [] }))
        yield frame(write('response.content_part.done', { ...place, part: { ...part, text } }))
        break
      }
      case 'function_call': {
        const call = calls.shift()
        yield {
          ...frame(
            write('response.output_item.added', {
              output_index: index,
              item: { ...item, status: 'in_progress', arguments: '' },
            }),
          ),
          text: call?.nameTokens ?? 0,
        }
        for (const delta of call?.pieces ?? [])
          yield { ...frame(write('response.function_call_arguments.delta', { ...at, delta })), text: 1 }
        yield frame(
          write('response.function_call_arguments.done', { ...at, arguments: item['arguments'], name: item['name'] }),
        )
        break
      }
      default:
        yield frame(
          write('response.output_item.added', { output_index: index, item: { ...item, status: 'in_progress' } }),
        )
        yield frame(write('response.web_search_call.completed', at))
    }
    yield frame(write('response.output_item.done', { output_index: index, item }))
  }
}
