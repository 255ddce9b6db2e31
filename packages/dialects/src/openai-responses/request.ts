import type { ChatRequest, Reasoning, ResponseFormat, ToolChoice, ToolDefinition } from '@atpar/core/chat'
import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'

import { HEEDED_FIELDS } from '../contract.ts'
import {
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
} from '../fields.ts'
import { readInput } from './input-items.ts'

/** Fields this decoder reads, and fields that only steer OpenAI's own bookkeeping and change no answer. */
const KNOWN = new Set<string>([
  ...HEEDED_FIELDS,
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'max_output_tokens',
  'temperature',
  'top_p',
  'stream',
  'stream_options',
  'user',
  'safety_identifier',
  'metadata',
  'service_tier',
  'store',
  'include',
  'truncation',
  'background',
  'previous_response_id',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
])

/** Decodes a request for a response. @throws AppError `invalid_request` naming the field. */
export const decodeRequest = (body: JsonObject): ChatRequest => {
  const found = { unmapped: new Set(listUnmapped(body, KNOWN)), untranslatable: [] as string[] }
  if (readText(body, 'previous_response_id') !== null) found.untranslatable.push('previous_response_id')
  // Nobody but OpenAI leaves out the middle of a conversation, nor keeps what is said.
  if (body.truncation === 'auto') found.unmapped.add('truncation')
  if (body.store === true) found.unmapped.add('store')
  for (const wanted of readTexts(body, 'include'))
    if (wanted !== 'reasoning.encrypted_content') found.unmapped.add(`include.${wanted}`)
  const text = readObject(body, 'text') ?? {}
  if (text.verbosity !== undefined && text.verbosity !== null) found.unmapped.add('text.verbosity')
  const tools = readTools(body, found)
  const choice = readToolChoice(body, found.untranslatable)
  return {
    model: readModel(body),
    messages: readInput(body, found),
    tools: choice?.allowed === undefined ? tools : tools.filter((tool) => choice.allowed?.has(tool.name)),
    toolChoice: choice?.choice ?? null,
    parallelToolCalls: readFlag(body, 'parallel_tool_calls'),
    responseFormat: readFormat(text),
    reasoning: readReasoning(body),
    maxOutputTokens: readOutputLimit(body),
    temperature: readNumber(body, 'temperature', { min: 0, max: 2 }),
    topP: readNumber(body, 'top_p', { min: 0, max: 1 }),
    topK: null,
    frequencyPenalty: null,
    presencePenalty: null,
    seed: null,
    stop: [],
    choices: 1,
    logprobs: null,
    stream: readFlag(body, 'stream') ?? false,
    user: readText(body, 'user') ?? readText(body, 'safety_identifier'),
    metadata: readMetadata(body),
    serviceTier: readText(body, 'service_tier'),
    unmapped: [...found.unmapped],
    ...(found.untranslatable.length === 0 ? {} : { untranslatable: found.untranslatable }),
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

export const readOutputLimit = (body: JsonObject): number | null => readPositive(body, 'max_output_tokens')

const KNOWN_FUNCTION = new Set(['type', 'name', 'description', 'parameters', 'strict'])

/** Here tools are strict unless told otherwise, as far as their schemas allow; elsewhere only who says so means it. */
const readTools = (
  body: JsonObject,
  { unmapped, untranslatable }: { readonly unmapped: Set<string>; readonly untranslatable: string[] },
): ToolDefinition[] =>
  (readList(body, 'tools') ?? []).flatMap((value, index) => {
    const at = `tools[${index}].`
    const tool = requireObject(value, at.slice(0, -1))
    const type = requireText(tool, 'type', at)
    if (type !== 'function') {
      untranslatable.push(`tools.${type}`)
      return []
    }
    for (const name of listUnmapped(tool, KNOWN_FUNCTION, 'tools.')) unmapped.add(name)
    return [
      {
        name: requireText(tool, 'name', at),
        description: readText(tool, 'description', at),
        parameters: readObject(tool, 'parameters', at),
        ...(readFlag(tool, 'strict', at) === true ? { strict: true } : {}),
      },
    ]
  })

/** `allowed_tools` narrows the list and then chooses like a plain word. */
const readToolChoice = (
  body: JsonObject,
  untranslatable: string[],
): { readonly choice: ToolChoice; readonly allowed?: ReadonlySet<string> } | null => {
  const value = body.tool_choice
  if (value === undefined || value === null) return null
  if (value === 'auto' || value === 'none' || value === 'required') return { choice: { kind: value } }
  if (!isJsonObject(value))
    throw invalidField('tool_choice', 'must be "auto", "none", "required" or an object that names a tool.')
  const type = requireText(value, 'type', 'tool_choice.')
  if (type === 'function') return { choice: { kind: 'tool', name: requireText(value, 'name', 'tool_choice.') } }
  if (type === 'allowed_tools') {
    const names = requireList(value, 'tools', 'tool_choice.').flatMap(readAllowedName)
    return { choice: { kind: value.mode === 'required' ? 'required' : 'auto' }, allowed: new Set(names) }
  }
  untranslatable.push(`tool_choice.${type}`)
  return null
}

/** Tools that the provider runs have no name, and make the whole request untranslatable anyway. */
const readAllowedName = (value: JsonValue, index: number): string[] => {
  const name = asText(requireObject(value, `tool_choice.tools[${index}]`).name)
  return name === null ? [] : [name]
}

const readFormat = (text: JsonObject): ResponseFormat | null => {
  const at = 'text.format.'
  const format = readObject(text, 'format', 'text.')
  if (format === null) return null
  if (format.type === 'text') return { kind: 'text' }
  if (format.type === 'json_object') return { kind: 'json' }
  if (format.type !== 'json_schema') throw invalidField(`${at}type`, 'must be "text", "json_object" or "json_schema".')
  const description = readText(format, 'description', at)
  return {
    kind: 'json-schema',
    name: requireText(format, 'name', at),
    schema: readObject(format, 'schema', at) ?? {},
    strict: readFlag(format, 'strict', at) ?? false,
    ...(description === null ? {} : { description }),
  }
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const

/** A summary is shown wherever a provider tells one. */
const readReasoning = (body: JsonObject): Reasoning | null => {
  const reasoning = readObject(body, 'reasoning')
  if (reasoning === null) return null
  const text = readText(reasoning, 'effort', 'reasoning.')
  if (text === null) return null
  const effort = EFFORTS.find((known) => known === text)
  if (effort === undefined)
    throw invalidField('reasoning.effort', `is "${text}"; it must be one of ${EFFORTS.join(', ')}.`)
  return { effort }
}

const readMetadata = (body: JsonObject): Readonly<Record<string, string>> | null => {
  const metadata = readObject(body, 'metadata')
  if (metadata === null) return null
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}
