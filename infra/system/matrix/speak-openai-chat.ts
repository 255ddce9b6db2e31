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

/** https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: Speaker = {
  id: 'openai-chat',
  title: 'OpenAI Chat Completions',
  path: () => '/v1/chat/completions',
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  ask: (question, { model, stream }) => ({
    model,
    max_completion_tokens: 4_000,
    messages: [
      ...(question.system === undefined ? [] : [{ role: 'system', content: question.system }]),
      { role: 'user', content: contentOf(question) },
    ],
    ...(question.tools === undefined
      ? {}
      : {
          tools: question.tools.map((tool) => ({ type: 'function', function: { ...tool, description: 'A tool.' } })),
          parallel_tool_calls: true,
        }),
    ...(question.schema === undefined
      ? {}
      : {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'answer', strict: true, schema: question.schema },
          },
        }),
    ...(question.thinks === true ? { reasoning_effort: 'medium' } : {}),
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  }),
  goOn: (asked, answer, result) => {
    const message = asRecord(asRecords(answer.choices)[0]?.message)
    return {
      ...asked,
      messages: [
        ...asRecords(asked.messages),
        message,
        ...readCalls(message).map((call) => ({ role: 'tool', tool_call_id: call.id ?? '', content: result(call) })),
      ],
    }
  },
  readWhole: (answer) => {
    const choice = asRecord(asRecords(answer.choices)[0])
    const message = asRecord(choice.message)
    return {
      text: asString(message.content),
      thinking: asString(message.reasoning_content) + asString(message.reasoning),
      calls: readCalls(message),
      finish: readFinish(choice.finish_reason),
      usage: readUsage(answer.usage),
      errorCode: readErrorCode(answer),
      ended: true,
    }
  },
  readStream: (events) => {
    let seen: Seen = NOTHING_SEEN
    const calls: { id: string; name: string; json: string }[] = []
    for (const { data } of events) {
      if (data === '[DONE]') {
        seen = { ...seen, ended: true }
        continue
      }
      const chunk = asRecord(parseLoosely(data))
      const choice = asRecord(asRecords(chunk.choices)[0])
      const delta = asRecord(choice.delta)
      for (const piece of asRecords(delta.tool_calls)) {
        const index = asNumber(piece.index)
        const call = (calls[index] ??= { id: '', name: '', json: '' })
        call.id += asString(piece.id)
        call.name += asString(asRecord(piece.function).name)
        call.json += asString(asRecord(piece.function).arguments)
      }
      seen = {
        ...seen,
        text: seen.text + asString(delta.content),
        thinking: seen.thinking + asString(delta.reasoning_content) + asString(delta.reasoning),
        finish: readFinish(choice.finish_reason) ?? seen.finish,
        usage: readUsage(chunk.usage) ?? seen.usage,
        errorCode: readErrorCode(chunk) ?? seen.errorCode,
      }
    }
    return { ...seen, calls: calls.map(({ id, name, json }) => ({ id, name, args: parseLoosely(json) })) }
  },
}

const contentOf = ({ prompt, pictureBase64 }: Question): string | JsonObject[] =>
  pictureBase64 === undefined
    ? prompt
    : [
        { type: 'text', text: prompt },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${pictureBase64}`, detail: 'low' } },
      ]

const readCalls = (message: JsonObject): readonly SeenCall[] =>
  asRecords(message.tool_calls).map((call) => ({
    id: asString(call.id),
    name: asString(asRecord(call.function).name),
    args: parseLoosely(asString(asRecord(call.function).arguments)),
  }))

const FINISHES: Readonly<Record<string, Seen['finish']>> = { stop: 'stop', tool_calls: 'tools', length: 'length' }

const readFinish = (value: unknown): Seen['finish'] => (typeof value === 'string' ? (FINISHES[value] ?? 'other') : null)

/** Cached tokens are within the prompt, reasoning within the completion. */
const readUsage = (value: unknown): Seen['usage'] => {
  const usage = asRecord(value)
  if (usage.prompt_tokens === undefined) return null
  return {
    input: asNumber(usage.prompt_tokens),
    cached: asNumber(asRecord(usage.prompt_tokens_details).cached_tokens),
    output: asNumber(usage.completion_tokens),
  }
}

const readErrorCode = (body: JsonObject): string | null => {
  const code = asRecord(body.error).code
  return typeof code === 'string' ? code : null
}
