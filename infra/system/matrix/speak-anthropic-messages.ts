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

/** https://platform.claude.com/docs/en/api/messages */
export const anthropicMessages: Speaker = {
  id: 'anthropic-messages',
  title: 'Anthropic Messages',
  path: () => '/v1/messages',
  headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
  ask: (question, { model, stream }) => ({
    model,
    max_tokens: 4_000,
    ...(question.system === undefined
      ? {}
      : { system: [{ type: 'text', text: question.system, cache_control: { type: 'ephemeral' } }] }),
    messages: [{ role: 'user', content: contentOf(question) }],
    ...(question.tools === undefined
      ? {}
      : {
          tools: question.tools.map(({ name, parameters }) => ({
            name,
            description: 'A tool.',
            input_schema: parameters,
          })),
          tool_choice: { type: 'auto' },
        }),
    ...(question.schema === undefined
      ? {}
      : { output_config: { format: { type: 'json_schema', schema: question.schema } } }),
    ...(question.thinks === true ? { thinking: { type: 'enabled', budget_tokens: 2_000 } } : {}),
    ...(stream ? { stream: true } : {}),
  }),
  goOn: (asked, answer, result) => ({
    ...asked,
    messages: [
      ...asRecords(asked.messages),
      { role: 'assistant', content: [...asRecords(answer.content)] },
      {
        role: 'user',
        content: readCalls(answer).map((call) => ({
          type: 'tool_result',
          tool_use_id: call.id ?? '',
          content: result(call),
        })),
      },
    ],
  }),
  readWhole: (answer) => ({
    text: textOf(answer, 'text', 'text'),
    thinking: textOf(answer, 'thinking', 'thinking'),
    calls: readCalls(answer),
    finish: readFinish(answer.stop_reason),
    usage: readUsage(asRecord(answer.usage)),
    errorCode: readErrorCode(answer),
    ended: true,
  }),
  readStream: (events) => {
    let seen: Seen = NOTHING_SEEN
    let usage: JsonObject = {}
    const calls: { index: number; id: string; name: string; json: string }[] = []
    for (const { event, data } of events) {
      const json = asRecord(parseLoosely(data))
      if (json.type !== event)
        throw new Error(`The event is called ${event ?? 'nothing'}, its data ${asString(json.type)}.`)
      const delta = asRecord(json.delta)
      switch (event ?? '') {
        case 'message_start':
          usage = { ...usage, ...asRecord(asRecord(json.message).usage) }
          break
        case 'content_block_start': {
          const block = asRecord(json.content_block)
          if (block.type === 'tool_use')
            calls.push({ index: asNumber(json.index), id: asString(block.id), name: asString(block.name), json: '' })
          break
        }
        case 'content_block_delta': {
          const call = calls.find(({ index }) => index === json.index)
          if (call !== undefined) call.json += asString(delta.partial_json)
          seen = {
            ...seen,
            text: seen.text + asString(delta.text),
            thinking: seen.thinking + asString(delta.thinking),
          }
          break
        }
        case 'message_delta':
          usage = { ...usage, ...withoutNulls(asRecord(json.usage)) }
          seen = { ...seen, finish: readFinish(delta.stop_reason) ?? seen.finish }
          break
        case 'message_stop':
          seen = { ...seen, ended: true }
          break
        case 'error':
          seen = { ...seen, errorCode: readErrorCode(json) }
      }
    }
    return {
      ...seen,
      usage: readUsage(usage),
      // A call without pieces is a call without arguments.
      calls: calls.map(({ id, name, json }) => ({ id, name, args: parseLoosely(json === '' ? '{}' : json) })),
    }
  },
}

const contentOf = ({ prompt, pictureBase64 }: Question): string | JsonObject[] =>
  pictureBase64 === undefined
    ? prompt
    : [
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pictureBase64 } },
        { type: 'text', text: prompt },
      ]

const textOf = (answer: JsonObject, type: string, field: string): string =>
  asRecords(answer.content)
    .map((block) => (block.type === type ? asString(block[field]) : ''))
    .join('')

const readCalls = (answer: JsonObject): readonly SeenCall[] =>
  asRecords(answer.content).flatMap((block) =>
    block.type === 'tool_use' ? [{ id: asString(block.id), name: asString(block.name), args: block.input }] : [],
  )

const withoutNulls = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined))

const FINISHES: Readonly<Record<string, Seen['finish']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tools',
  max_tokens: 'length',
}

const readFinish = (value: unknown): Seen['finish'] => (typeof value === 'string' ? (FINISHES[value] ?? 'other') : null)

/** Input beside the cache; thinking within the output. */
const readUsage = (usage: JsonObject): Seen['usage'] => {
  if (usage.input_tokens === undefined) return null
  const cached = asNumber(usage.cache_read_input_tokens)
  return {
    input: asNumber(usage.input_tokens) + cached + asNumber(usage.cache_creation_input_tokens),
    cached,
    output: asNumber(usage.output_tokens),
  }
}

/** Our code is among the facts: the format's own `type` is a class of errors. */
const readErrorCode = (body: JsonObject): string | null => {
  const code = asRecord(asRecord(body.error).metadata).error_type
  return typeof code === 'string' ? code : null
}
