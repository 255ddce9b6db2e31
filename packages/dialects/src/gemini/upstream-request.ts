import type { ChatRequest, ContentPart, MediaSource, Message, ToolChoice } from '@atpar/core/chat'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'

import { GATEWAY_FIELDS, type UpstreamTarget } from '../contract.ts'
import { asObject, unsupportedField } from '../fields.ts'
import { isStoredAddress } from '../media.ts'
import { isMintedToolCallId, mapToolNames, parseArguments } from '../tool-calls.ts'
import { dropDetail } from '../unspoken-wishes.ts'
import { camelize, spellingOf } from './fields.ts'
import { encodeReasoning, generationOf } from './reasoning.ts'
import { limitSchema } from './schema.ts'

/** The model is part of the path; `alt=sse` asks for events instead of one growing array. */
export const path = (target: UpstreamTarget): string =>
  `/models/${encodeURIComponent(target.upstreamModel)}:${target.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`

/** The API takes five stop sequences; more are refused. */
const MAX_STOPS = 5

interface Output {
  readonly body: JsonObject
  readonly config: JsonObject
  readonly dropped: Set<string>
  readonly target: UpstreamTarget
}

export const encodeRequest = (
  request: ChatRequest,
  target: UpstreamTarget,
): { readonly body: JsonObject; readonly dropped: readonly string[] } => {
  const out: Output = {
    body: encodeConversation(request, target),
    config: {},
    dropped: new Set(request.unmapped),
    target,
  }
  for (const message of request.messages) {
    if (message.name !== undefined) out.dropped.add('messages.name')
    if (message.content.some((part) => 'cache' in part && part.cache !== undefined)) out.dropped.add('cache_control')
  }
  dropDetail(request, out.dropped)
  encodeTools(request, out)
  encodeConfig(request, out)
  encodeReasoning(request.reasoning, out)
  encodeResponseFormat(request, out)
  if (Object.keys(out.config).length > 0) out.body.generationConfig = out.config
  for (const [name, value] of [
    ['parallel_tool_calls', request.parallelToolCalls === false && request.tools.length > 0 ? false : null],
    ['user', request.user],
    ['metadata', request.metadata],
    ['service_tier', request.serviceTier === 'auto' || request.serviceTier === 'default' ? null : request.serviceTier],
  ] as const) {
    if (value !== null) out.dropped.add(name)
  }
  return { body: out.body, dropped: [...out.dropped] }
}

const encodeConfig = (request: ChatRequest, { config, dropped, target }: Output): void => {
  const asked = request.maxOutputTokens
  const limit =
    target.clampOutputTokens === null ? asked : Math.min(asked ?? target.clampOutputTokens, target.clampOutputTokens)
  for (const [name, value] of [
    ['maxOutputTokens', limit],
    ['temperature', request.temperature],
    ['topP', request.topP],
    ['topK', request.topK],
    ['frequencyPenalty', request.frequencyPenalty],
    ['presencePenalty', request.presencePenalty],
    ['seed', request.seed],
  ] as const) {
    if (value !== null) config[name] = value
  }
  if (request.choices > 1) config.candidateCount = request.choices
  if (request.stop.length > 0) config.stopSequences = request.stop.slice(0, MAX_STOPS)
  if (request.stop.length > MAX_STOPS) dropped.add('stop')
  // The neutral answer has no place for them.
  if (request.logprobs !== null) dropped.add('logprobs')
}

const encodeResponseFormat = (request: ChatRequest, { config, dropped, target }: Output): void => {
  const format = request.responseFormat
  if (format === null || format.kind === 'text') return
  // Before generation 3 the API refuses JSON output together with tools; the tools are the greater loss.
  if (request.tools.length > 0 && generationOf(target.upstreamModel) < 3) {
    dropped.add('response_format')
    return
  }
  config.responseMimeType = 'application/json'
  if (format.kind === 'json-schema')
    config.responseSchema = limitSchema(asObject(format.schema) ?? {}, { at: 'response_format.schema', dropped })
}

const encodeTools = (request: ChatRequest, { body, dropped }: Output): void => {
  if (request.tools.length === 0) return
  const declarations = request.tools.map((tool) => {
    if (tool.cache !== undefined) dropped.add('cache_control')
    if (tool.strict === true) dropped.add('tools.strict')
    const schema = limitSchema(asObject(tool.parameters) ?? {}, { at: 'tools.parameters', dropped })
    // An object without properties is refused; no parameters are stated by saying nothing.
    const hasParameters = Object.keys(asObject(schema.properties) ?? {}).length > 0
    return {
      name: tool.name,
      ...(tool.description === null ? {} : { description: tool.description }),
      ...(hasParameters ? { parameters: { type: 'OBJECT', ...schema } } : {}),
    }
  })
  body.tools = [{ functionDeclarations: declarations }]
  if (request.toolChoice !== null) body.toolConfig = { functionCallingConfig: encodeToolChoice(request.toolChoice) }
}

const encodeToolChoice = (choice: ToolChoice): JsonObject => {
  switch (choice.kind) {
    case 'auto':
      return { mode: 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] }
  }
}

interface PartContext {
  readonly names: ReadonlyMap<string, string>
  readonly signsCalls: boolean
}

/** System text that opens the conversation becomes the instruction; later system messages keep their place as the user's words. */
const encodeConversation = (request: ChatRequest, target: UpstreamTarget): JsonObject => {
  const { messages } = request
  const context: PartContext = { names: mapToolNames(request), signsCalls: generationOf(target.upstreamModel) >= 3 }
  const firstOther = messages.findIndex((message) => message.role !== 'system')
  const opening = firstOther < 0 ? [] : messages.slice(0, firstOther)
  const contents: { role: string; kind: string; parts: JsonObject[] }[] = []
  for (const message of messages.slice(opening.length)) {
    const role = message.role === 'assistant' ? 'model' : 'user'
    // Answers to calls stand in a content of their own, all those of one turn together.
    const kind = message.role === 'tool' ? 'tool' : role
    const parts = encodeMessage(message, context)
    const last = contents.at(-1)
    if (last?.kind === kind) last.parts.push(...parts)
    else if (parts.length > 0) contents.push({ role, kind, parts })
  }
  const instruction = opening
    .flatMap((message) => message.content)
    .flatMap((part) => (part.type === 'text' ? [{ text: part.text }] : []))
  return {
    ...(instruction.length === 0 ? {} : { systemInstruction: { parts: instruction } }),
    // What else a tool returned follows the answers to the calls.
    contents: contents.map(({ role, parts }) => ({
      role,
      parts: parts.toSorted((left, right) => rank(left) - rank(right)),
    })),
  }
}

const rank = (part: JsonObject): number => (part.functionResponse === undefined ? 1 : 0)

/**
 * Generation 3 refuses a turn whose first call is unsigned (https://ai.google.dev/gemini-api/docs/thought-signatures); for calls another model made,
 * Google documents this stand-in.
 */
const FOREIGN_CALL_SIGNATURE = 'skip_thought_signature_validator'

const encodeMessage = (message: Message, context: PartContext): JsonObject[] => {
  const parts = message.content.flatMap((part) => encodePart(part, context))
  const firstCall = context.signsCalls ? parts.find((part) => part.functionCall !== undefined) : undefined
  if (firstCall !== undefined && firstCall.thoughtSignature === undefined)
    firstCall.thoughtSignature = FOREIGN_CALL_SIGNATURE
  return parts
}

const encodePart = (part: ContentPart, context: PartContext): JsonObject[] => {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }]
    case 'image':
    case 'audio':
    case 'file':
      return [encodeMedia(part.source)]
    case 'tool-call':
      return [
        {
          functionCall: { ...writeId(part.id), name: part.name, args: parseArguments(part.argumentsJson) },
          ...(part.signature?.dialect === 'gemini' ? { thoughtSignature: part.signature.value } : {}),
        },
      ]
    case 'tool-result':
      return [
        {
          functionResponse: {
            ...writeId(part.toolCallId),
            name: part.toolName ?? context.names.get(part.toolCallId) ?? part.toolCallId,
            response: encodeResult(part.content, part.isError),
          },
        },
        ...part.content.filter((inner) => inner.type !== 'text').flatMap((inner) => encodePart(inner, context)),
      ]
    case 'thinking':
      // The summary is not read again; the signature is what carries the thought.
      return part.signature?.dialect === 'gemini' ? [{ text: '', thoughtSignature: part.signature.value }] : []
  }
}

/** An id this format never gave was made up for callers that need one, and stays with them. */
const writeId = (id: string): JsonObject => (isMintedToolCallId(id) ? {} : { id })

/** A result is an object here: one that already is goes as it is, anything else under Google's conventional names. */
const encodeResult = (content: readonly ContentPart[], isError: boolean): JsonObject => {
  const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
  if (isError) return { error: text }
  return parseJsonObject(text) ?? { output: text }
}

const encodeMedia = (source: MediaSource): JsonObject => {
  if (source.kind === 'base64') return { inlineData: { mimeType: source.mediaType, data: source.data } }
  if (isStoredAddress(source.url))
    throw unsupportedField(
      'messages',
      'name an address that only the account at the provider can read. Send the file itself.',
    )
  return { fileData: { fileUri: source.url, ...(source.mediaType === null ? {} : { mimeType: source.mediaType }) } }
}

const SPARE_FIELDS = [...GATEWAY_FIELDS, 'model', 'stream'] as const

/** The closed list of edits of a request that already is in this format. `model` and `stream` belong to the URL, not to the body. */
export const passThroughEdits = (body: JsonObject, target: UpstreamTarget): readonly JsonEdit[] => {
  const edits: JsonEdit[] = []
  for (const field of SPARE_FIELDS) if (body[field] !== undefined) edits.push({ path: [field], remove: true })
  const clamp = target.clampOutputTokens
  if (clamp === null) return edits
  const holder = spellingOf(body, 'generationConfig')
  const config = asObject(body[holder]) ?? {}
  const asked = camelize(config).maxOutputTokens
  if (typeof asked !== 'number' || asked > clamp)
    edits.push({ path: [holder, spellingOf(config, 'maxOutputTokens')], value: String(clamp) })
  return edits
}
