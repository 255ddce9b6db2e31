import type { JsonObject } from '@atpar/core/json'
import {
  asNumber,
  asRecord,
  asRecords,
  asString,
  NOTHING_SEEN,
  parseLoosely,
  type Question,
  type Seen,
  type SeenCall,
  type Speaker,
} from './speaker.ts'

/** https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: Speaker = {
  id: 'openai-responses',
  title: 'OpenAI Responses',
  path: () => '/v1/responses',
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  ask: (question, { model, stream }) => ({
    model,
    store: false,
    max_output_tokens: 4_000,
    ...(question.system === undefined ? {} : { instructions: question.system }),
    input: [{ type: 'message', role: 'user', content: contentOf(question) }],
    ...(question.tools === undefined
      ? {}
      : {
          tools: question.tools.map((tool) => ({ type: 'function', ...tool, description: 'A tool.', strict: false })),
          parallel_tool_calls: true,
        }),
    ...(question.schema === undefined
      ? {}
      : { text: { format: { type: 'json_schema', name: 'answer', strict: true, schema: question.schema } } }),
    ...(question.thinks === true
      ? { reasoning: { effort: 'medium', summary: 'auto' }, include: ['reasoning.encrypted_content'] }
      : {}),
    ...(stream ? { stream: true } : {}),
  }),
  goOn: (asked, answer, result) => ({
    ...asked,
    input: [
      ...asRecords(asked.input),
      ...asRecords(answer.output),
      ...readCalls(answer).map((call) => ({
        type: 'function_call_output',
        call_id: call.id ?? '',
        output: result(call),
      })),
    ],
  }),
  readWhole: (answer) => ({
    text: piecesOf(answer, 'message', 'content'),
    thinking: piecesOf(answer, 'reasoning', 'summary') + piecesOf(answer, 'reasoning', 'content'),
    calls: readCalls(answer),
    finish: readFinish(answer),
    usage: readUsage(answer.usage),
    errorCode: readErrorCode(answer),
    ended: true,
  }),
  readStream: (events) => {
    let reading: Reading = { seen: NOTHING_SEEN, calls: new Map() }
    let lastNumber = -1
    for (const { event, data } of events) {
      const json = asRecord(parseLoosely(data))
      const isError = event === 'error' || event === 'response.failed'
      if (json.type !== event && !isError)
        throw new Error(`The event is called ${event ?? 'nothing'}, its data ${asString(json.type)}.`)
      // Not every server counts; and an error of ours, where a provider's stream broke off, is counted anew.
      const number = json.sequence_number
      if (typeof number === 'number' && !isError) {
        if (number <= lastNumber) throw new Error(`Event ${number} came after event ${lastNumber}.`)
        lastNumber = number
      }
      reading = readEvent(reading, json)
    }
    const calls = [...reading.calls.values()].map(({ id, name, json }) => ({ id, name, args: parseLoosely(json) }))
    return { ...reading.seen, calls }
  },
}

interface Reading {
  readonly seen: Seen
  readonly calls: ReadonlyMap<number, { readonly id: string; readonly name: string; readonly json: string }>
}

const readEvent = ({ seen, calls }: Reading, event: JsonObject): Reading => {
  const delta = asString(event.delta)
  const place = asNumber(event.output_index)
  const response = asRecord(event.response)
  switch (asString(event.type)) {
    case 'response.output_text.delta':
      return { calls, seen: { ...seen, text: seen.text + delta } }
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      return { calls, seen: { ...seen, thinking: seen.thinking + delta } }
    case 'response.output_item.added': {
      const item = asRecord(event.item)
      if (item.type !== 'function_call') return { calls, seen }
      return {
        seen,
        calls: new Map(calls).set(place, { id: asString(item.call_id), name: asString(item.name), json: '' }),
      }
    }
    case 'response.function_call_arguments.delta': {
      const call = calls.get(place)
      if (call === undefined) throw new Error(`Arguments came for item ${place}, which is no call.`)
      return { seen, calls: new Map(calls).set(place, { ...call, json: call.json + delta }) }
    }
    case 'response.completed':
    case 'response.incomplete':
      return { calls, seen: { ...seen, finish: readFinish(response), usage: readUsage(response.usage), ended: true } }
    case 'response.failed':
      return { calls, seen: { ...seen, errorCode: readErrorCode(response) } }
    case 'error':
      return { calls, seen: { ...seen, errorCode: readErrorCode({ error: event }) } }
    default:
      return { calls, seen }
  }
}

const contentOf = ({ prompt, pictureBase64 }: Question): JsonObject[] => [
  { type: 'input_text', text: prompt },
  ...(pictureBase64 === undefined
    ? []
    : [{ type: 'input_image', detail: 'low', image_url: `data:image/png;base64,${pictureBase64}` }]),
]

const piecesOf = (answer: JsonObject, type: string, field: string): string =>
  asRecords(answer.output)
    .filter((item) => item.type === type)
    .flatMap((item) => asRecords(item[field]))
    .map((piece) => asString(piece.text))
    .join('')

const readCalls = (answer: JsonObject): readonly SeenCall[] =>
  asRecords(answer.output).flatMap((item) =>
    item.type === 'function_call'
      ? [{ id: asString(item.call_id), name: asString(item.name), args: parseLoosely(asString(item.arguments)) }]
      : [],
  )

/** A response that called functions is as completed as any. */
const readFinish = (answer: JsonObject): Seen['finish'] => {
  if (answer.status === 'incomplete') return 'length'
  if (answer.status !== 'completed') return 'other'
  return readCalls(answer).length > 0 ? 'tools' : 'stop'
}

/** Cached tokens are within the input, reasoning within the output. */
const readUsage = (value: unknown): Seen['usage'] => {
  const usage = asRecord(value)
  if (usage.input_tokens === undefined) return null
  return {
    input: asNumber(usage.input_tokens),
    cached: asNumber(asRecord(usage.input_tokens_details).cached_tokens),
    output: asNumber(usage.output_tokens),
  }
}

const readErrorCode = (body: JsonObject): string | null => {
  const code = asRecord(body.error).code
  return typeof code === 'string' ? code : null
}
