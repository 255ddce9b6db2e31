import type { ContentPart, Message } from '@atpar/core/chat'
import type { JsonObject, JsonValue } from '@atpar/core/json'

import { asText, invalidField, readText, requireObject, requireText, type Found } from '../fields.ts'
import { readDetail, readMediaUrl } from '../media.ts'
import { normalizeArguments } from '../tool-calls.ts'
import { readReasoningItem } from './reasoning-item.ts'

/** Traces of tools that ran at a provider: their outcome is in the words that follow, so they may be left out elsewhere. */
const TRACES = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_list_tools',
  'mcp_call',
  'mcp_approval_request',
  'mcp_approval_response',
  'tool_search_call',
  'tool_search_output',
])

/** The conversation of a request. Items of one speaker that follow each other make one message. @throws AppError `invalid_request` naming the field. */
export const readInput = (body: JsonObject, found: Found): Message[] => {
  const messages: { role: Message['role']; content: ContentPart[] }[] = []
  const say = (role: Message['role'], content: readonly ContentPart[]): void => {
    const last = messages.at(-1)
    if (last?.role === role && (role === 'assistant' || role === 'tool')) last.content.push(...content)
    else messages.push({ role, content: [...content] })
  }
  const instructions = readText(body, 'instructions')
  if (instructions !== null && instructions !== '') say('system', [{ type: 'text', text: instructions }])
  const { input } = body
  if (typeof input === 'string') say('user', [{ type: 'text', text: input }])
  else if (Array.isArray(input))
    for (const [index, value] of input.entries()) {
      const at = `input[${index}].`
      const read = readItem(requireObject(value, at.slice(0, -1)), { at, found })
      if (read !== null) say(read.role, read.content)
    }
  return messages
}

interface Place {
  readonly at: string
  readonly found: Found
}

const readItem = (item: JsonObject, context: Place): Message | null => {
  const { at, found } = context
  const type = readText(item, 'type', at) ?? (item.role === undefined ? 'item_reference' : 'message')
  switch (type) {
    case 'message':
      return readMessage(item, context)
    case 'reasoning': {
      const thinking = readReasoningItem(item)
      return thinking === null ? null : { role: 'assistant', content: [thinking] }
    }
    case 'function_call':
      return {
        role: 'assistant',
        content: [
          {
            type: 'tool-call',
            id: requireText(item, 'call_id', at),
            name: requireText(item, 'name', at),
            argumentsJson: normalizeArguments(readText(item, 'arguments', at)),
          },
        ],
      }
    case 'function_call_output':
      return {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: requireText(item, 'call_id', at),
            toolName: null,
            content: readContent(item.output, { at: `${at}output`, found }),
            isError: false,
          },
        ],
      }
    default:
      if (TRACES.has(type)) found.unmapped.add(`input.${type}`)
      else found.untranslatable.push(`input.${type}`)
      return null
  }
}

const readMessage = (item: JsonObject, { at, found }: Place): Message => {
  const role = requireText(item, 'role', at)
  const content = readContent(item.content, { at: `${at}content`, found })
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', content }
    case 'user':
    case 'assistant':
      return { role, content }
    default:
      throw invalidField(`${at}role`, `is "${role}"; it must be one of system, developer, user, assistant.`)
  }
}

const readContent = (content: JsonValue | undefined, { at, found }: Place): ContentPart[] => {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw invalidField(at, 'must be a string or an array of parts.')
  return content.flatMap((part, index) =>
    readPart(requireObject(part, `${at}[${index}]`), { at: `${at}[${index}].`, found }),
  )
}

const readPart = (part: JsonObject, { at, found }: Place): ContentPart[] => {
  const type = requireText(part, 'type', at)
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text': {
      const text = readText(part, 'text', at) ?? ''
      return text === '' ? [] : [{ type: 'text', text }]
    }
    case 'refusal':
      return [{ type: 'refusal', text: readText(part, 'refusal', at) ?? '' }]
    case 'input_image':
      return [
        {
          type: 'image',
          source: readMediaUrl(requireText(part, 'image_url', at)),
          ...readDetail(asText(part.detail), found.unmapped),
        },
      ]
    case 'input_file': {
      const data = readText(part, 'file_data', at)
      const source = readMediaUrl(data ?? requireText(part, 'file_url', at))
      return [{ type: 'file', source, name: readText(part, 'filename', at) }]
    }
    case 'input_audio': {
      const audio = requireObject(part.input_audio ?? part, `${at}input_audio`)
      const format = requireText(audio, 'format', `${at}input_audio.`)
      const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`
      return [
        { type: 'audio', source: { kind: 'base64', mediaType, data: requireText(audio, 'data', `${at}input_audio.`) } },
      ]
    }
    default:
      throw invalidField(`${at}type`, `is "${type}"; it must be input_text, input_image or input_file.`)
  }
}
