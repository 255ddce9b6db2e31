import type {
  CacheHint,
  ChatRequest,
  ContentPart,
  Message,
  Reasoning,
  ResponseFormat,
  ToolChoice,
  ToolDefinition,
} from '@atpar/core/chat'
import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'

import { HEEDED_FIELDS } from '../contract.ts'
import {
  asObject,
  asText,
  invalidField,
  listUnmapped,
  readFlag,
  readList,
  readNumber,
  readObject,
  readPositive,
  readText,
  readTexts,
  requireList,
  requireObject,
  requireText,
  unsupportedField,
  type Found,
} from '../fields.ts'
import { readDetail, readMediaUrl } from '../media.ts'
import { normalizeArguments } from '../tool-calls.ts'
import { readReasoningDetails, readToolSignature } from './reasoning-details.ts'

/** Fields this decoder reads, and fields that only steer OpenAI's own bookkeeping and change no answer. */
const KNOWN = new Set<string>([
  ...HEEDED_FIELDS,
  'model',
  'messages',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'n',
  'logprobs',
  'top_logprobs',
  'stream',
  'stream_options',
  'user',
  'safety_identifier',
  'metadata',
  'service_tier',
  'modalities',
  'store',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
])

/** Decodes a chat completion request. @throws AppError `invalid_request` naming the field. */
export const decodeRequest = (body: JsonObject): ChatRequest => {
  const found: Found = { unmapped: new Set(listUnmapped(body, KNOWN)), untranslatable: [] }
  const { unmapped, untranslatable } = found
  for (const older of ['functions', 'function_call'])
    if (body[older] !== undefined && body[older] !== null) untranslatable.push(older)
  if (body.store === true) unmapped.add('store')
  const tools = readTools(body, found)
  const choice = readToolChoice(body, found)
  const modalities = readTexts(body, 'modalities')
  if (modalities.some((modality) => modality !== 'text')) unmapped.add('modalities')
  return {
    model: readModel(body),
    messages: requireList(body, 'messages').map((message, index) =>
      readMessage(requireObject(message, `messages[${index}]`), { at: `messages[${index}].`, found }),
    ),
    tools: choice?.allowed === undefined ? tools : tools.filter((tool) => choice.allowed?.has(tool.name)),
    toolChoice: choice?.choice ?? null,
    parallelToolCalls: readFlag(body, 'parallel_tool_calls'),
    responseFormat: readResponseFormat(body),
    reasoning: readReasoning(body),
    maxOutputTokens: readOutputLimit(body),
    temperature: readNumber(body, 'temperature', { min: 0, max: 2 }),
    topP: readNumber(body, 'top_p', { min: 0, max: 1 }),
    topK: readNumber(body, 'top_k', { min: 0, integer: true }),
    frequencyPenalty: readNumber(body, 'frequency_penalty', { min: -2, max: 2 }),
    presencePenalty: readNumber(body, 'presence_penalty', { min: -2, max: 2 }),
    seed: readNumber(body, 'seed', { integer: true }),
    stop: typeof body.stop === 'string' ? [body.stop] : readTexts(body, 'stop'),
    choices: readChoices(body),
    logprobs:
      readFlag(body, 'logprobs') === true
        ? (readNumber(body, 'top_logprobs', { min: 0, max: 20, integer: true }) ?? 0)
        : null,
    stream: readFlag(body, 'stream') ?? false,
    user: readText(body, 'user') ?? readText(body, 'safety_identifier'),
    metadata: readMetadata(body),
    serviceTier: readText(body, 'service_tier'),
    unmapped: [...unmapped],
    ...(untranslatable.length === 0 ? {} : { untranslatable }),
  }
}

/** A list of models may stand in for the one: then the first names the request. */
export const readModel = (body: JsonObject): string => {
  if (body.model === undefined && body.models !== undefined) {
    const [first] = readTexts(body, 'models')
    if (first !== undefined && first !== '') return first
  }
  return requireText(body, 'model')
}

export const readChoices = (body: JsonObject): number => readNumber(body, 'n', { min: 1, max: 128, integer: true }) ?? 1

export const readOutputLimit = (body: JsonObject): number | null =>
  readPositive(body, 'max_completion_tokens') ?? readPositive(body, 'max_tokens')

interface Place {
  readonly at: string
  readonly found: Found
}

const readMessage = (message: JsonObject, place: Place): Message => {
  const { at, found } = place
  const role = requireText(message, 'role', at)
  const name = readText(message, 'name', at)
  const named = name === null ? {} : { name }
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: readContent(message, place), ...named }
    case 'user':
      return { role: 'user', content: readContent(message, place), ...named }
    case 'assistant':
      // A sound that OpenAI keeps under an id, and a call in the form that came before tools.
      for (const key of ['audio', 'function_call'])
        if (message[key] !== undefined && message[key] !== null) found.untranslatable.push(`messages.${key}`)
      return {
        role: 'assistant',
        content: [
          ...readThinking(message),
          ...readContent(message, place),
          ...readRefusal(message),
          ...readToolCalls(message, at),
        ],
        ...named,
      }
    case 'tool': {
      const toolCallId = requireText(message, 'tool_call_id', at)
      const cache = readCacheHint(message)
      const result: ContentPart = {
        type: 'tool-result',
        toolCallId,
        toolName: name,
        content: readContent(message, place),
        isError: false,
        ...(cache === null ? {} : { cache }),
      }
      return { role: 'tool', content: [result] }
    }
    case 'function':
      found.untranslatable.push('messages.role')
      return { role: 'user', content: readContent(message, place) }
    default:
      throw invalidField(`${at}role`, `is "${role}"; it must be one of system, developer, user, assistant, tool.`)
  }
}

const readContent = (message: JsonObject, { at, found }: Place): ContentPart[] => {
  const { content } = message
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content, ...withCache(message) }]
  if (!Array.isArray(content)) throw invalidField(`${at}content`, 'must be a string or an array of parts.')
  return content.flatMap((part, index) =>
    readPart(requireObject(part, `${at}content[${index}]`), { at: `${at}content[${index}].`, found }),
  )
}

const readPart = (part: JsonObject, { at, found }: Place): ContentPart[] => {
  const type = requireText(part, 'type', at)
  switch (type) {
    case 'text': {
      const text = readText(part, 'text', at) ?? ''
      return text === '' ? [] : [{ type: 'text', text, ...withCache(part) }]
    }
    case 'refusal':
      return [{ type: 'refusal', text: readText(part, 'refusal', at) ?? '' }]
    case 'image_url': {
      // Some clients write the address without its object.
      const image =
        typeof part.image_url === 'string' ? { url: part.image_url } : requireObject(part.image_url, `${at}image_url`)
      return [
        {
          type: 'image',
          source: readMediaUrl(requireText(image, 'url', `${at}image_url.`)),
          ...readDetail(readText(image, 'detail', `${at}image_url.`), found.unmapped),
          ...withCache(part),
        },
      ]
    }
    case 'input_audio': {
      const audio = requireObject(part.input_audio, `${at}input_audio`)
      const format = requireText(audio, 'format', `${at}input_audio.`)
      return [
        {
          type: 'audio',
          source: {
            kind: 'base64',
            mediaType: format === 'mp3' ? 'audio/mpeg' : `audio/${format}`,
            data: requireText(audio, 'data', `${at}input_audio.`),
          },
        },
      ]
    }
    case 'file': {
      const file = requireObject(part.file, `${at}file`)
      const data = readText(file, 'file_data', `${at}file.`)
      if (data === null)
        throw unsupportedField(
          `${at}file.file_data`,
          'is required here: a file id is only known to the provider it was uploaded to.',
        )
      return [{ type: 'file', source: readMediaUrl(data), name: readText(file, 'filename', `${at}file.`) }]
    }
    default:
      throw unsupportedField(
        `${at}type`,
        `is "${type}", which cannot be sent to this model; use text, image_url, input_audio or file.`,
      )
  }
}

/** The form OpenRouter made known: `cache_control` on a part. */
const readCacheHint = (part: JsonObject): CacheHint | null => {
  const control = asObject(part.cache_control)
  return control === null ? null : control.ttl === '1h' ? '1h' : '5m'
}

const withCache = (part: JsonObject): { readonly cache?: CacheHint } => {
  const cache = readCacheHint(part)
  return cache === null ? {} : { cache }
}

const readRefusal = (message: JsonObject): ContentPart[] => {
  const text = asText(message.refusal)
  return text === null || text === '' ? [] : [{ type: 'refusal', text }]
}

const readThinking = (message: JsonObject): ContentPart[] => {
  const details = readReasoningDetails(message.reasoning_details)
  const text = asText(message.reasoning_content) ?? asText(message.reasoning) ?? ''
  if (details.length === 0) return text === '' ? [] : [{ type: 'thinking', text, signature: null }]
  // A streamed answer gives the text and its signature apart; a client that echoes both means one block.
  const [only, ...others] = details.filter((part) => part.type === 'thinking' && part.redacted !== true)
  return details.map((part) =>
    part === only && others.length === 0 && part.type === 'thinking' && part.text === '' ? { ...part, text } : part,
  )
}

const readToolCalls = (message: JsonObject, at: string): ContentPart[] =>
  (readList(message, 'tool_calls', at) ?? []).map((value, index) => {
    const here = `${at}tool_calls[${index}].`
    const call = requireObject(value, here.slice(0, -1))
    const called = requireObject(call.function, `${here}function`)
    const signature = readToolSignature(call)
    return {
      type: 'tool-call',
      id: requireText(call, 'id', here),
      name: requireText(called, 'name', `${here}function.`),
      argumentsJson: normalizeArguments(readText(called, 'arguments', `${here}function.`)),
      ...(signature === null ? {} : { signature }),
    }
  })

const KNOWN_FUNCTION = new Set(['name', 'description', 'parameters', 'strict'])

/** A tool that is no function is never left out: an answer in prose is no answer to who asked for a call. */
const readTools = (body: JsonObject, { unmapped, untranslatable }: Found): ToolDefinition[] =>
  (readList(body, 'tools') ?? []).flatMap((value, index) => {
    const at = `tools[${index}].`
    const tool = requireObject(value, at.slice(0, -1))
    const type = readText(tool, 'type', at) ?? 'function'
    if (type !== 'function') {
      untranslatable.push(`tools.${type}`)
      return []
    }
    const declared = requireObject(tool.function, `${at}function`)
    for (const name of listUnmapped(declared, KNOWN_FUNCTION, 'tools.function.')) unmapped.add(name)
    const strict = readFlag(declared, 'strict', `${at}function.`)
    return [
      {
        name: requireText(declared, 'name', `${at}function.`),
        description: readText(declared, 'description', `${at}function.`),
        parameters: readObject(declared, 'parameters', `${at}function.`),
        ...(strict === null ? {} : { strict }),
        ...withCache(tool),
      },
    ]
  })

/** `allowed_tools` narrows the list and then chooses like a plain word. */
const readToolChoice = (
  body: JsonObject,
  { untranslatable }: Found,
): { readonly choice: ToolChoice; readonly allowed?: ReadonlySet<string> } | null => {
  const value = body.tool_choice
  if (value === undefined || value === null) return null
  if (value === 'auto' || value === 'none' || value === 'required') return { choice: { kind: value } }
  if (!isJsonObject(value))
    throw invalidField('tool_choice', 'must be "auto", "none", "required" or an object that names a function.')
  if (value.type === 'allowed_tools') {
    const allowed = asObject(value.allowed_tools) ?? value
    const names = requireList(allowed, 'tools', 'tool_choice.allowed_tools.').flatMap(readAllowedName)
    return { choice: { kind: allowed.mode === 'required' ? 'required' : 'auto' }, allowed: new Set(names) }
  }
  if (value.type === 'function')
    return {
      choice: {
        kind: 'tool',
        name: requireText(requireObject(value.function, 'tool_choice.function'), 'name', 'tool_choice.function.'),
      },
    }
  untranslatable.push(`tool_choice.${requireText(value, 'type', 'tool_choice.')}`)
  return null
}

/** What is no function makes the whole request untranslatable anyway. */
const readAllowedName = (value: JsonValue, index: number): string[] => {
  const at = `tool_choice.allowed_tools.tools[${index}]`
  const tool = requireObject(value, at)
  if ((readText(tool, 'type', `${at}.`) ?? 'function') !== 'function') return []
  return [requireText(asObject(tool.function) ?? tool, 'name', `${at}.`)]
}

const readResponseFormat = (body: JsonObject): ResponseFormat | null => {
  const format = readObject(body, 'response_format')
  if (format === null) return null
  if (format.type === 'text') return { kind: 'text' }
  if (format.type === 'json_object') return { kind: 'json' }
  if (format.type !== 'json_schema')
    throw invalidField('response_format.type', 'must be "text", "json_object" or "json_schema".')
  const at = 'response_format.json_schema.'
  const named = requireObject(format.json_schema, at.slice(0, -1))
  const description = readText(named, 'description', at)
  return {
    kind: 'json-schema',
    name: requireText(named, 'name', at),
    schema: readObject(named, 'schema', at) ?? {},
    strict: readFlag(named, 'strict', at) ?? false,
    ...(description === null ? {} : { description }),
  }
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const

const readReasoning = (body: JsonObject): Reasoning | null => {
  const text = readText(body, 'reasoning_effort')
  if (text === null) return null
  const effort = EFFORTS.find((known) => known === text)
  if (effort === undefined)
    throw invalidField('reasoning_effort', `is "${text}"; it must be one of ${EFFORTS.join(', ')}.`)
  return { effort }
}

const readMetadata = (body: JsonObject): Readonly<Record<string, string>> | null => {
  const metadata = readObject(body, 'metadata')
  if (metadata === null) return null
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}
