import type {
  ChatRequest,
  ContentPart,
  MediaSource,
  Message,
  Reasoning,
  ResponseFormat,
  ToolChoice,
  ToolDefinition,
} from '@atpar/core/chat'
import type { JsonObject, JsonValue } from '@atpar/core/json'

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
  type Found,
} from '../fields.ts'
import { readSignature } from '../signatures.ts'
import { mintToolCallId } from '../tool-calls.ts'
import { camelize } from './fields.ts'

const KNOWN = new Set<string>([
  ...HEEDED_FIELDS,
  'model',
  'stream',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
])

const KNOWN_CONFIG = new Set<string>([
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'stopSequences',
  'candidateCount',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'responseLogprobs',
  'logprobs',
  'frequencyPenalty',
  'presencePenalty',
  'seed',
  'thinkingConfig',
])

/**
 * Decodes a generateContent request (https://ai.google.dev/api/generate-content). `model` and `stream` are in the URL there; whoever calls this has
 * put them into the body. @throws AppError `invalid_request` naming the field.
 */
export const decodeRequest = (raw: JsonObject): ChatRequest => {
  const body = camelize(raw)
  const config = readConfig(body)
  const found: Found = {
    unmapped: new Set([...listUnmapped(body, KNOWN), ...listUnmapped(config, KNOWN_CONFIG, CONFIG)]),
    untranslatable: [],
  }
  const { unmapped, untranslatable } = found
  // Words that Google keeps, and so part of the question.
  if (body.cachedContent !== undefined && body.cachedContent !== null) untranslatable.push('cachedContent')
  const { tools, choice } = readTools(body, found)
  const modalities = readTexts(config, 'responseModalities', CONFIG)
  if (modalities.some((modality) => modality.toUpperCase() !== 'TEXT'))
    unmapped.add('generationConfig.responseModalities')
  return {
    model: requireText(body, 'model'),
    messages: readConversation(body, found),
    tools,
    toolChoice: choice,
    parallelToolCalls: null,
    responseFormat: readResponseFormat(config),
    reasoning: readReasoning(config, unmapped),
    maxOutputTokens: readPositive(config, 'maxOutputTokens', CONFIG),
    temperature: readNumber(config, 'temperature', { at: CONFIG, min: 0, max: 2 }),
    topP: readNumber(config, 'topP', { at: CONFIG, min: 0, max: 1 }),
    topK: readNumber(config, 'topK', { at: CONFIG, min: 0 }),
    frequencyPenalty: readNumber(config, 'frequencyPenalty', { at: CONFIG, min: -2, max: 2 }),
    presencePenalty: readNumber(config, 'presencePenalty', { at: CONFIG, min: -2, max: 2 }),
    seed: readNumber(config, 'seed', { at: CONFIG, integer: true }),
    stop: readTexts(config, 'stopSequences', CONFIG),
    choices: readChoices(config),
    logprobs:
      readFlag(config, 'responseLogprobs', CONFIG) === true
        ? (readNumber(config, 'logprobs', { at: CONFIG, min: 0, max: 20, integer: true }) ?? 0)
        : null,
    stream: readFlag(body, 'stream') ?? false,
    user: null,
    metadata: null,
    serviceTier: null,
    unmapped: [...unmapped],
    ...(untranslatable.length === 0 ? {} : { untranslatable }),
  }
}

export const CONFIG = 'generationConfig.'

export const readConfig = (body: JsonObject): JsonObject => camelize(readObject(body, 'generationConfig') ?? {})

export const readChoices = (config: JsonObject): number =>
  readNumber(config, 'candidateCount', { at: CONFIG, min: 1, max: 128, integer: true }) ?? 1

/** A positive budget is a promise; -1 lets the model decide and 0 turns thinking off. */
export const readBudget = (config: JsonObject): number | null => {
  const thinking = readObject(config, 'thinkingConfig', CONFIG)
  return thinking === null
    ? null
    : readNumber(camelize(thinking), 'thinkingBudget', { at: `${CONFIG}thinkingConfig.`, min: -1, integer: true })
}

const KNOWN_THINKING = new Set(['thinkingBudget', 'thinkingLevel', 'includeThoughts'])
const LEVELS = ['minimal', 'low', 'medium', 'high'] as const

const readReasoning = (config: JsonObject, unmapped: Set<string>): Reasoning | null => {
  const thinking = camelize(readObject(config, 'thinkingConfig', CONFIG) ?? {})
  const at = `${CONFIG}thinkingConfig.`
  for (const name of listUnmapped(thinking, KNOWN_THINKING, at)) unmapped.add(name)
  const budget = readBudget(config)
  if (budget !== null && budget >= 0) return { budgetTokens: budget }
  const text = readText(thinking, 'thinkingLevel', at)
  if (text === null || text === 'THINKING_LEVEL_UNSPECIFIED') return null
  const effort = LEVELS.find((known) => known === text.toLowerCase())
  if (effort === undefined)
    throw invalidField(`${at}thinkingLevel`, `is "${text}"; it must be one of ${LEVELS.join(', ').toUpperCase()}.`)
  return { effort }
}

const readResponseFormat = (config: JsonObject): ResponseFormat | null => {
  const mimeType = readText(config, 'responseMimeType', CONFIG)
  const schema = readObject(config, 'responseJsonSchema', CONFIG) ?? readObject(config, 'responseSchema', CONFIG)
  if (schema !== null) return { kind: 'json-schema', name: 'response', schema: toJsonSchema(schema), strict: true }
  if (mimeType === null) return null
  return mimeType === 'application/json' ? { kind: 'json' } : { kind: 'text' }
}

/** Google's own schema dialect writes types in capitals and knows `nullable`; elsewhere neither exists. */
const toJsonSchema = (schema: JsonObject): JsonObject => {
  const converted: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'nullable') continue
    if (key === 'type' && typeof value === 'string')
      converted.type = schema.nullable === true ? [value.toLowerCase(), 'null'] : value.toLowerCase()
    else if ((key === 'items' || key === 'additionalProperties') && isSchema(value))
      converted[key] = toJsonSchema(value)
    else if (key === 'anyOf' && Array.isArray(value))
      converted.anyOf = value.map((inner) => (isSchema(inner) ? toJsonSchema(inner) : inner))
    else if (key === 'properties' && isSchema(value))
      converted.properties = Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, isSchema(inner) ? toJsonSchema(inner) : inner]),
      )
    else if (key !== 'propertyOrdering')
      converted[key] = COUNTS.has(key) && typeof value === 'string' ? Number(value) : value
  }
  return converted
}

/** 64-bit integers are strings in Google's JSON. */
const COUNTS = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'])

const isSchema = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const KNOWN_DECLARATION = new Set(['name', 'description', 'parameters', 'parametersJsonSchema'])
const KNOWN_CALLING = new Set(['mode', 'allowedFunctionNames'])

/** A tool that Google runs is never left out: what it would have found is the answer. */
const readTools = (
  body: JsonObject,
  { unmapped, untranslatable }: Found,
): { readonly tools: ToolDefinition[]; readonly choice: ToolChoice | null } => {
  const tools: ToolDefinition[] = []
  for (const [index, value] of (readList(body, 'tools') ?? []).entries()) {
    const at = `tools[${index}].`
    const tool = camelize(requireObject(value, at.slice(0, -1)))
    untranslatable.push(...listUnmapped(tool, new Set(['functionDeclarations']), 'tools.'))
    for (const [position, declared] of (readList(tool, 'functionDeclarations', at) ?? []).entries())
      tools.push(readTool(declared, { at: `${at}functionDeclarations[${position}].`, unmapped }))
  }
  const toolConfig = camelize(readObject(body, 'toolConfig') ?? {})
  const calling = camelize(readObject(toolConfig, 'functionCallingConfig', 'toolConfig.') ?? {})
  for (const name of [
    ...listUnmapped(toolConfig, new Set(['functionCallingConfig']), 'toolConfig.'),
    ...listUnmapped(calling, KNOWN_CALLING, 'toolConfig.functionCallingConfig.'),
  ])
    unmapped.add(name)
  const allowed = readTexts(calling, 'allowedFunctionNames', 'toolConfig.functionCallingConfig.')
  const choice = readMode(readText(calling, 'mode', 'toolConfig.functionCallingConfig.'))
  if (allowed.length === 0 || choice === null) return { tools, choice }
  const [only] = allowed
  if (choice.kind === 'required' && allowed.length === 1 && only !== undefined)
    return { tools, choice: { kind: 'tool', name: only } }
  return { tools: tools.filter((tool) => allowed.includes(tool.name)), choice }
}

const readTool = (
  value: JsonValue,
  { at, unmapped }: { readonly at: string; readonly unmapped: Set<string> },
): ToolDefinition => {
  const declared = camelize(requireObject(value, at.slice(0, -1)))
  for (const name of listUnmapped(declared, KNOWN_DECLARATION, 'tools.')) unmapped.add(name)
  const schema = readObject(declared, 'parametersJsonSchema', at) ?? readObject(declared, 'parameters', at)
  return {
    name: requireText(declared, 'name', at),
    description: readText(declared, 'description', at),
    parameters: schema === null ? null : toJsonSchema(schema),
  }
}

const readMode = (mode: string | null): ToolChoice | null => {
  switch (mode?.toUpperCase()) {
    case undefined:
    case 'MODE_UNSPECIFIED':
      return null
    case 'AUTO':
    case 'VALIDATED':
      return { kind: 'auto' }
    case 'ANY':
      return { kind: 'required' }
    case 'NONE':
      return { kind: 'none' }
    default:
      throw invalidField('toolConfig.functionCallingConfig.mode', 'must be AUTO, ANY, NONE or VALIDATED.')
  }
}

interface Conversation {
  /** Calls without a result yet, oldest first: results here often carry no id and answer in order. */
  readonly open: { readonly id: string; readonly name: string }[]
  callCount: number
}

const readConversation = (body: JsonObject, { unmapped }: Found): Message[] => {
  const conversation: Conversation = { open: [], callCount: 0 }
  const instruction = body.systemInstruction
  const system =
    typeof instruction === 'string'
      ? [{ type: 'text', text: instruction } as const]
      : readParts(camelize(readObject(body, 'systemInstruction') ?? {}), {
          at: 'systemInstruction.',
          conversation,
          unmapped,
        })
  const messages: Message[] = system.length === 0 ? [] : [{ role: 'system', content: system }]
  for (const [index, value] of requireList(body, 'contents').entries()) {
    const at = `contents[${index}].`
    const content = requireObject(value, at.slice(0, -1))
    const role = readText(content, 'role', at) ?? 'user'
    if (role !== 'user' && role !== 'model' && role !== 'function')
      throw invalidField(`${at}role`, `is "${role}"; it must be "user" or "model".`)
    const parts = readParts(content, { at, conversation, unmapped })
    const results = parts.filter((part) => part.type === 'tool-result')
    const others = parts.filter((part) => part.type !== 'tool-result')
    if (results.length > 0) messages.push({ role: 'tool', content: results })
    if (others.length > 0 || results.length === 0)
      messages.push({ role: role === 'model' ? 'assistant' : 'user', content: others })
  }
  return messages
}

interface Place {
  readonly at: string
  readonly conversation: Conversation
  readonly unmapped: Set<string>
}

const readParts = (content: JsonObject, place: Place): ContentPart[] => {
  const parts: ContentPart[] = []
  for (const [index, value] of (readList(content, 'parts', place.at) ?? []).entries()) {
    const at = `${place.at}parts[${index}].`
    const read = readPart(camelize(requireObject(value, at.slice(0, -1))), { ...place, at })
    for (const part of read) if (!joinThought(parts, part)) parts.push(part)
  }
  return parts
}

/** Streams cut a thought into parts and sign the last; clients send the parts back as they came, but they are one thought. */
const joinThought = (parts: ContentPart[], part: ContentPart): boolean => {
  const last = parts.at(-1)
  if (part.type !== 'thinking' || part.redacted === true) return false
  if (last?.type !== 'thinking' || last.redacted === true || last.signature !== null) return false
  parts[parts.length - 1] = { type: 'thinking', text: last.text + part.text, signature: part.signature }
  return true
}

const KNOWN_PART = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
])

/** What tools that run at Google leave behind: their outcome is in the words that follow, so it may be left out elsewhere. */
const TRACES = ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'] as const

const readPart = (part: JsonObject, place: Place): ContentPart[] => {
  const { at } = place
  for (const name of listUnmapped(part, KNOWN_PART, 'parts.')) place.unmapped.add(name)
  if (TRACES.some((trace) => part[trace] !== undefined)) return []
  const signature = readSignature(readText(part, 'thoughtSignature', at), 'gemini')
  if (part.functionCall !== undefined) {
    const { id, name, args } = readCall(requireObject(part.functionCall, `${at}functionCall`), place)
    return [
      {
        type: 'tool-call',
        id,
        name,
        argumentsJson: JSON.stringify(args),
        ...(signature === null ? {} : { signature }),
      },
    ]
  }
  if (part.functionResponse !== undefined)
    return [readResult(requireObject(part.functionResponse, `${at}functionResponse`), place)]
  if (part.inlineData !== undefined)
    return [readMedia(camelize(requireObject(part.inlineData, `${at}inlineData`)), `${at}inlineData.`)]
  if (part.fileData !== undefined)
    return [readMedia(camelize(requireObject(part.fileData, `${at}fileData`)), `${at}fileData.`)]
  const text = readText(part, 'text', at)
  if (text === null)
    throw invalidField(at.slice(0, -1), 'must hold text, inlineData, fileData, functionCall or functionResponse.')
  if (part.thought === true) return [{ type: 'thinking', text, signature }]
  const signed: ContentPart[] = signature === null ? [] : [{ type: 'thinking', text: '', signature, redacted: true }]
  return text === '' ? signed : [...signed, { type: 'text', text }]
}

const readCall = (
  call: JsonObject,
  place: Place,
): { readonly id: string; readonly name: string; readonly args: JsonObject } => {
  const { at, conversation } = place
  const name = requireText(call, 'name', `${at}functionCall.`)
  const args = readObject(call, 'args', `${at}functionCall.`) ?? {}
  const given = readText(call, 'id', `${at}functionCall.`)
  const id =
    given === null || given === '' ? mintToolCallId(conversation.callCount, `${name} ${JSON.stringify(args)}`) : given
  conversation.callCount += 1
  conversation.open.push({ id, name })
  return { id, name, args }
}

const readResult = (result: JsonObject, place: Place): ContentPart => {
  const at = `${place.at}functionResponse.`
  const name = requireText(result, 'name', at)
  const given = readText(result, 'id', at)
  const { open } = place.conversation
  const position = open.findIndex((call) => (given === null || given === '' ? call.name === name : call.id === given))
  const [answered] = position < 0 ? [] : open.splice(position, 1)
  const id = given === null || given === '' ? answered?.id : given
  if (id === undefined)
    throw invalidField(`${at}name`, `is "${name}", but no call of that function is waiting for an answer.`)
  const response = readObject(result, 'response', at) ?? {}
  return {
    type: 'tool-result',
    toolCallId: id,
    toolName: name,
    content: [{ type: 'text', text: writeResponseText(response) }, ...readResultMedia(result, place)],
    isError: isOnly(response, 'error'),
  }
}

/** Pictures and files that a function returned beside its object. */
const readResultMedia = (result: JsonObject, place: Place): ContentPart[] => {
  const at = `${place.at}functionResponse.`
  for (const name of listUnmapped(result, KNOWN_RESULT, 'functionResponse.')) place.unmapped.add(name)
  return readParts(result, { ...place, at })
}

const KNOWN_RESULT = new Set(['id', 'name', 'response', 'parts'])

const isOnly = (response: JsonObject, key: string): boolean =>
  Object.keys(response).length === 1 && response[key] !== undefined

/** Google's convention is `output` or `error` alone; then that is the text, else the whole object is. */
const writeResponseText = (response: JsonObject): string => {
  for (const key of ['output', 'error']) {
    const text = asText(response[key])
    if (isOnly(response, key) && text !== null) return text
  }
  return JSON.stringify(response)
}

const readMedia = (media: JsonObject, at: string): ContentPart => {
  const uri = readText(media, 'fileUri', at)
  const mediaType = uri === null ? requireText(media, 'mimeType', at) : readText(media, 'mimeType', at)
  const source: MediaSource =
    uri === null
      ? { kind: 'base64', mediaType: mediaType ?? '', data: requireText(media, 'data', at) }
      : { kind: 'url', url: uri, mediaType }
  if (mediaType === null || mediaType.startsWith('image/')) return { type: 'image', source }
  if (mediaType.startsWith('audio/')) return { type: 'audio', source }
  return { type: 'file', source, name: readText(media, 'displayName', at) }
}
