import type {
  ChatRequest,
  ContentPart,
  Message,
  Reasoning,
  ResponseFormat,
  ToolChoice,
  ToolDefinition,
} from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'

import { GATEWAY_FIELDS, type UpstreamTarget } from '../contract.ts'
import { asObject } from '../fields.ts'
import { readTextFile, writeMediaUrl } from '../media.ts'
import { effortOf } from '../openai-effort.ts'
import { encodeNamedSchema } from '../openai-named-schema.ts'
import { encodeServiceTier } from '../openai-service-tier.ts'
import { isStrictSchema } from '../schema-limits.ts'
import { normalizeArguments } from '../tool-calls.ts'
import { applyQuirks, quirkEdits } from './quirks.ts'
import { readOutputLimit } from './request.ts'

export const path = (): string => '/chat/completions'

/** The API takes four stop sequences; more are refused. */
const MAX_STOPS = 4

export const encodeRequest = (
  request: ChatRequest,
  target: UpstreamTarget,
): { readonly body: JsonObject; readonly dropped: readonly string[] } => {
  const dropped = new Set(request.unmapped)
  const body: JsonObject = { model: target.upstreamModel, messages: encodeMessages(request.messages, dropped) }
  const set = (key: string, value: JsonObject[string] | null): void => {
    if (value !== null) body[key] = value
  }
  const limit = boundOutput(request.maxOutputTokens, target)
  set(outputFieldOf(target), limit)
  set('temperature', request.temperature)
  set('top_p', request.topP)
  set('frequency_penalty', request.frequencyPenalty)
  set('presence_penalty', request.presencePenalty)
  set('seed', request.seed)
  set('user', request.user)
  if (request.choices > 1) body.n = request.choices
  if (request.stop.length > 0) body.stop = request.stop.slice(0, MAX_STOPS)
  if (request.stop.length > MAX_STOPS) dropped.add('stop')
  // The neutral answer has no place for them.
  if (request.logprobs !== null) dropped.add('logprobs')
  if (request.topK !== null) dropped.add('top_k')
  if (request.metadata !== null) dropped.add('metadata')
  set('service_tier', encodeServiceTier(request.serviceTier, dropped))
  set('response_format', encodeResponseFormat(request.responseFormat, dropped))
  encodeTools(request, { body, dropped })
  encodeReasoning(request.reasoning, { body, dropped, target })
  if (target.stream) {
    body.stream = true
    body.stream_options = { include_usage: true }
  }
  for (const field of applyQuirks(body, target.quirks)) dropped.add(field)
  return { body, dropped: [...dropped] }
}

const outputFieldOf = (target: UpstreamTarget): string =>
  target.maxOutputField === 'max_tokens' ? 'max_tokens' : 'max_completion_tokens'

const boundOutput = (asked: number | null, target: UpstreamTarget): number | null => {
  if (target.clampOutputTokens === null) return asked
  return asked === null ? target.clampOutputTokens : Math.min(asked, target.clampOutputTokens)
}

const encodeTools = (request: ChatRequest, out: { readonly body: JsonObject; readonly dropped: Set<string> }): void => {
  // Choice and parallel flag are refused without tools, and mean nothing there.
  if (request.tools.length === 0) return
  out.body.tools = request.tools.map((tool) => {
    if (tool.cache !== undefined) out.dropped.add('cache_control')
    return {
      type: 'function',
      function: {
        name: tool.name,
        ...(tool.description === null ? {} : { description: tool.description }),
        ...(asObject(tool.parameters) === null ? {} : { parameters: asObject(tool.parameters) }),
        ...encodeStrict(tool, out.dropped),
      },
    }
  })
  if (request.toolChoice !== null) out.body.tool_choice = encodeToolChoice(request.toolChoice)
  if (request.parallelToolCalls !== null) out.body.parallel_tool_calls = request.parallelToolCalls
}

/** Strict schemas are refused here unless closed and complete; elsewhere they are looser, and a looser answer beats none. */
const encodeStrict = (tool: ToolDefinition, dropped: Set<string>): JsonObject => {
  if (tool.strict !== true) return tool.strict === undefined ? {} : { strict: false }
  if (isStrictSchema(asObject(tool.parameters) ?? {})) return { strict: true }
  dropped.add('tools.strict')
  return {}
}

const encodeToolChoice = (choice: ToolChoice): string | JsonObject =>
  choice.kind === 'tool' ? { type: 'function', function: { name: choice.name } } : choice.kind

const encodeResponseFormat = (format: ResponseFormat | null, dropped: Set<string>): JsonObject | null => {
  if (format === null) return null
  switch (format.kind) {
    case 'text':
      return { type: 'text' }
    case 'json':
      return { type: 'json_object' }
    case 'json-schema':
      return { type: 'json_schema', json_schema: encodeNamedSchema(format, dropped) }
  }
}

const encodeReasoning = (
  reasoning: Reasoning | null,
  out: { readonly body: JsonObject; readonly dropped: Set<string>; readonly target: UpstreamTarget },
): void => {
  if (reasoning === null) return
  const fitted = effortOf(reasoning, out.target)
  if (fitted === 'unfit') out.dropped.add('reasoning_effort')
  else if (fitted !== null) out.body.reasoning_effort = fitted
}

const encodeMessages = (messages: readonly Message[], dropped: Set<string>): JsonObject[] => {
  const encoded: JsonObject[] = []
  // Tool messages carry text only here; what else a tool returned follows in a user message, after the last result of the turn.
  let displaced: JsonObject[] = []
  const flush = (): void => {
    if (displaced.length > 0) encoded.push({ role: 'user', content: displaced })
    displaced = []
  }
  for (const message of messages) {
    for (const part of message.content) if ('cache' in part && part.cache !== undefined) dropped.add('cache_control')
    if (message.role !== 'tool') flush()
    switch (message.role) {
      case 'tool':
        for (const part of message.content) {
          if (part.type !== 'tool-result') continue
          if (part.isError) dropped.add('tool_result.is_error')
          encoded.push({ role: 'tool', tool_call_id: part.toolCallId, content: joinText(part.content) })
          displaced.push(...part.content.filter((inner) => inner.type !== 'text').flatMap(encodePart))
        }
        break
      case 'assistant':
        encoded.push(encodeAssistant(message))
        break
      case 'system':
      case 'user':
        encoded.push({
          role: message.role,
          content: encodeContent(message.content),
          ...(message.name === undefined ? {} : { name: message.name }),
        })
        break
    }
  }
  flush()
  return encoded
}

const joinText = (parts: readonly ContentPart[]): string =>
  parts.flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : [])).join('\n')

/** Plain text goes as a string: several compatible servers know no other form. */
const encodeContent = (parts: readonly ContentPart[]): string | JsonObject[] =>
  parts.every((part) => part.type === 'text') ? joinText(parts) : parts.flatMap(encodePart)

/** Thinking stays behind: this format takes none back, and another provider's signature would be refused. */
const encodeAssistant = (message: Message): JsonObject => {
  const calls = message.content.filter((part) => part.type === 'tool-call')
  const text = joinText(message.content.filter((part) => part.type === 'text'))
  const refusal = joinText(message.content.filter((part) => part.type === 'refusal'))
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    ...(refusal === '' ? {} : { refusal }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map((call) => ({
            id: call.id,
            type: 'function',
            function: { name: call.name, arguments: normalizeArguments(call.argumentsJson) },
          })),
        }),
    ...(message.name === undefined ? {} : { name: message.name }),
  }
}

const AUDIO_FORMATS: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
}

const encodePart = (part: ContentPart): JsonObject[] => {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return [{ type: 'text', text: part.text }]
    case 'image':
      return [
        {
          type: 'image_url',
          image_url: { url: writeMediaUrl(part.source), ...(part.detail === undefined ? {} : { detail: part.detail }) },
        },
      ]
    case 'audio': {
      const format = part.source.kind === 'base64' ? AUDIO_FORMATS[part.source.mediaType] : undefined
      if (part.source.kind === 'url' || format === undefined)
        throw new AppError('unsupported_parameter', {
          param: 'messages',
          message: 'This model takes sound only as WAV or MP3 bytes inside the request.',
        })
      return [{ type: 'input_audio', input_audio: { data: part.source.data, format } }]
    }
    case 'file': {
      const text = readTextFile(part.source)
      if (text !== null) return [{ type: 'text', text }]
      if (part.source.kind === 'url')
        throw new AppError('unsupported_parameter', {
          param: 'messages',
          message: 'This model takes files only as bytes inside the request, not by address.',
        })
      return [{ type: 'file', file: { filename: part.name ?? 'document.pdf', file_data: writeMediaUrl(part.source) } }]
    }
    case 'tool-call':
    case 'tool-result':
    case 'thinking':
      return []
  }
}

/**
 * The closed list of edits of a request that already is in this format. The output limit is renamed when the provider knows only one of its two
 * names: an unknown name would be ignored there, and the answer could outgrow what is held for it.
 */
export const passThroughEdits = (body: JsonObject, target: UpstreamTarget): readonly JsonEdit[] => {
  const edits: JsonEdit[] = []
  if (body.model !== target.upstreamModel) edits.push({ path: ['model'], value: JSON.stringify(target.upstreamModel) })
  for (const field of GATEWAY_FIELDS) if (body[field] !== undefined) edits.push({ path: [field], remove: true })
  if (
    body.stream === true &&
    asObject(body.stream_options)?.include_usage !== true &&
    target.quirks?.refuses?.includes('stream_options') !== true
  )
    edits.push({ path: ['stream_options', 'include_usage'], value: 'true' })
  addLimit(edits, body, target)
  if (target.quirks !== undefined) edits.push(...quirkEdits(body, target.quirks))
  return edits
}

const addLimit = (edits: JsonEdit[], body: JsonObject, target: UpstreamTarget): void => {
  const used =
    body.max_completion_tokens !== undefined && body.max_completion_tokens !== null
      ? 'max_completion_tokens'
      : body.max_tokens !== undefined && body.max_tokens !== null
        ? 'max_tokens'
        : null
  const wanted =
    target.maxOutputField === undefined || target.maxOutputField === 'maxOutputTokens'
      ? (used ?? 'max_completion_tokens')
      : target.maxOutputField
  const asked = readOutputLimit(body)
  const limit = boundOutput(asked, target)
  if (limit === null) return
  // Who knows the newer name reads the older one too, but for reasoning models, which refuse it: otherwise the caller's bytes stay as they came.
  if (wanted === 'max_completion_tokens' && used === 'max_tokens' && limit === asked && target.reasoning !== true)
    return
  const other = wanted === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  if (limit !== body[wanted]) edits.push({ path: [wanted], value: String(limit) })
  if (body[other] !== undefined) edits.push({ path: [other], remove: true })
}
