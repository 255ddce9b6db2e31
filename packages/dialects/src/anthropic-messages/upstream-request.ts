import type { CacheHint, ChatRequest, ContentPart, MediaSource, Message, ToolDefinition } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { JsonEdit } from '@atpar/core/json-splice'

import { takesSampling } from '../claude-reasoning.ts'
import { limitConstrainedSchema } from '../constrained-schema.ts'
import { GATEWAY_FIELDS, type UpstreamTarget } from '../contract.ts'
import { asObject } from '../fields.ts'
import { readTextFile } from '../media.ts'
import { toObjectSchema } from '../object-schema.ts'
import { fitToolCallId, parseArguments } from '../tool-calls.ts'
import { dropDetail } from '../unspoken-wishes.ts'
import { encodeReasoning } from './reasoning.ts'

/** At Google the model is part of the path: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude */
export const path = ({ upstreamModel, stream, quirks }: UpstreamTarget): string =>
  quirks?.rawPredict === undefined
    ? '/messages'
    : `/models/${encodeURIComponent(upstreamModel)}:${stream ? 'streamRawPredict' : 'rawPredict'}`

interface Output {
  readonly body: JsonObject
  readonly dropped: Set<string>
}

export const encodeRequest = (
  request: ChatRequest,
  target: UpstreamTarget,
): { readonly body: JsonObject; readonly dropped: readonly string[] } => {
  const dropped = new Set(request.unmapped)
  if (request.messages.some((message) => message.name !== undefined)) dropped.add('messages.name')
  dropDetail(request, dropped)
  const asked = request.maxOutputTokens ?? target.defaultMaxOutputTokens
  const maxTokens = target.clampOutputTokens === null ? asked : Math.min(asked, target.clampOutputTokens)
  const version = target.quirks?.rawPredict
  const body: JsonObject = {
    ...(version === undefined ? { model: target.upstreamModel } : { anthropic_version: version }),
    max_tokens: maxTokens,
    ...encodeConversation(request.messages),
  }
  const output = { body, dropped }
  encodeTools(request, output)
  encodeReasoning(request, { ...output, maxTokens, target })
  encodeSampling(request, { ...output, model: target.upstreamModel })
  encodeResponseFormat(request, output)
  if (request.user !== null) body.metadata = { user_id: request.user }
  if (target.stream) body.stream = true
  for (const [name, value] of [
    ['frequency_penalty', request.frequencyPenalty],
    ['presence_penalty', request.presencePenalty],
    ['seed', request.seed],
    ['logprobs', request.logprobs],
    ['metadata', request.metadata],
    ['n', request.choices > 1 ? request.choices : null],
  ] as const) {
    if (value !== null && value !== 0) dropped.add(name)
  }
  encodeServiceTier(request.serviceTier, output)
  return { body, dropped: [...dropped] }
}

const encodeServiceTier = (tier: string | null, { body, dropped }: Output): void => {
  if (tier === null) return
  if (tier === 'auto') body.service_tier = 'auto'
  else if (tier === 'default' || tier === 'standard_only') body.service_tier = 'standard_only'
  else dropped.add('service_tier')
}

/**
 * Temperature ends at 1 here, models since 4.1 refuse it together with top_p, thinking refuses both and top_k, and current models take none of them
 * (https://platform.claude.com/docs/en/about-claude/models/migration-guide).
 */
const encodeSampling = (request: ChatRequest, { body, dropped, model }: Output & { readonly model: string }): void => {
  if (request.stop.length > 0) body.stop_sequences = request.stop.filter((text) => text.trim() !== '')
  const { temperature, topP, topK } = request
  const isFixed = body.thinking !== undefined || !takesSampling(model)
  if (temperature !== null) {
    if (isFixed || temperature > 1) dropped.add('temperature')
    if (!isFixed) body.temperature = Math.min(temperature, 1)
  }
  if (topP !== null) {
    if (isFixed || temperature !== null) dropped.add('top_p')
    else body.top_p = topP
  }
  if (topK !== null) {
    if (isFixed) dropped.add('top_k')
    else body.top_k = topK
  }
}

const encodeTools = (request: ChatRequest, { body, dropped }: Output): void => {
  if (request.tools.length === 0) return
  body.tools = request.tools.map((tool) => encodeTool(tool, dropped))
  const { toolChoice, parallelToolCalls } = request
  // The flag lives inside the choice; alone it rides on "auto", which is what no choice means, and so forces nothing.
  const flag = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {}
  if (toolChoice === null) {
    if (parallelToolCalls === false) body.tool_choice = { type: 'auto', ...flag }
    return
  }
  switch (toolChoice.kind) {
    case 'none':
      body.tool_choice = { type: 'none' }
      return
    case 'auto':
      body.tool_choice = { type: 'auto', ...flag }
      return
    case 'required':
      body.tool_choice = { type: 'any', ...flag }
      return
    case 'tool':
      body.tool_choice = { type: 'tool', name: toolChoice.name, ...flag }
  }
}

const encodeTool = (tool: ToolDefinition, dropped: Set<string>): JsonObject => {
  const schema = toObjectSchema(tool.parameters)
  return {
    name: tool.name,
    ...(tool.description === null ? {} : { description: tool.description }),
    input_schema: tool.strict === true ? limitConstrainedSchema(schema, { at: 'tools.parameters', dropped }) : schema,
    ...(tool.strict === true ? { strict: true } : {}),
    ...writeCache(tool.cache),
  }
}

const encodeResponseFormat = (request: ChatRequest, { body, dropped }: Output): void => {
  const format = request.responseFormat
  if (format === null || format.kind === 'text') return
  if (format.kind === 'json') {
    dropped.add('response_format')
    return
  }
  const schema = limitConstrainedSchema(asObject(format.schema) ?? {}, { at: 'response_format.schema', dropped })
  body.output_config = { ...asObject(body.output_config), format: { type: 'json_schema', schema } }
}

/**
 * System text that opens the conversation goes to `system`; later system messages keep their place as user text, because moving an instruction
 * to the top changes what it refers to. Turns alternate here, so neighbours of one role become one; results of tools come first in theirs.
 */
const encodeConversation = (
  messages: readonly Message[],
): { readonly messages: JsonObject[]; readonly system?: JsonValue } => {
  const firstOther = messages.findIndex((message) => message.role !== 'system')
  // A conversation of system messages only would be empty: then its text is what the user says.
  const opening = firstOther < 0 ? [] : messages.slice(0, firstOther)
  const turns: { role: 'user' | 'assistant'; blocks: JsonObject[] }[] = []
  for (const message of messages.slice(opening.length)) {
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const blocks = message.content.flatMap(encodePart)
    const last = turns.at(-1)
    if (last?.role === role) last.blocks.push(...blocks)
    else if (blocks.length > 0) turns.push({ role, blocks })
  }
  trimLastAnswer(turns.at(-1))
  const system = opening.flatMap((message) => message.content).flatMap(encodePart)
  return {
    ...(system.length === 0 ? {} : { system }),
    messages: turns.map(({ role, blocks }) => ({
      role,
      content: role === 'user' ? blocks.toSorted((left, right) => rank(left) - rank(right)) : blocks,
    })),
  }
}

const rank = (block: JsonObject): number => (block.type === 'tool_result' ? 0 : 1)

/** A conversation that ends with the assistant is to be continued, and must not end in white space then. */
const trimLastAnswer = (turn: { readonly role: string; readonly blocks: JsonObject[] } | undefined): void => {
  const last = turn?.role === 'assistant' ? turn.blocks.at(-1) : undefined
  if (turn === undefined || last?.type !== 'text' || typeof last.text !== 'string') return
  const text = last.text.trimEnd()
  if (text === '') turn.blocks.pop()
  else last.text = text
}

const TOOL_ID = /^[a-zA-Z0-9_-]{1,128}$/

const encodePart = (part: ContentPart): JsonObject[] => {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'text', text: part.text, ...writeCache(part.cache) }]
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    case 'image':
      return [{ type: 'image', source: encodeSource(part.source), ...writeCache(part.cache) }]
    case 'audio':
      throw new AppError('unsupported_parameter', { param: 'messages', message: 'This model takes no sound.' })
    case 'file': {
      const text = readTextFile(part.source)
      const source = text === null ? encodeSource(part.source) : { type: 'text', media_type: 'text/plain', data: text }
      return [
        {
          type: 'document',
          source,
          ...(part.name === null ? {} : { title: part.name }),
          ...writeCache(part.cache),
        },
      ]
    }
    case 'tool-call':
      return [
        {
          type: 'tool_use',
          id: fitToolCallId(part.id, TOOL_ID),
          name: part.name,
          input: parseArguments(part.argumentsJson),
        },
      ]
    case 'tool-result':
      return [
        {
          type: 'tool_result',
          tool_use_id: fitToolCallId(part.toolCallId, TOOL_ID),
          content: part.content.flatMap(encodePart),
          ...(part.isError ? { is_error: true } : {}),
          ...writeCache(part.cache),
        },
      ]
    case 'thinking':
      // Only what Anthropic itself signed is accepted back.
      if (part.signature?.dialect !== 'anthropic-messages') return []
      return part.redacted === true
        ? [{ type: 'redacted_thinking', data: part.signature.value }]
        : [{ type: 'thinking', thinking: part.text, signature: part.signature.value }]
  }
}

const encodeSource = (source: MediaSource): JsonObject =>
  source.kind === 'url'
    ? { type: 'url', url: source.url }
    : { type: 'base64', media_type: source.mediaType, data: source.data }

const writeCache = (cache: CacheHint | undefined): JsonObject =>
  cache === undefined
    ? {}
    : { cache_control: cache === '1h' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' } }

/** The closed list of edits of a request that already is in this format. */
export const passThroughEdits = (body: JsonObject, target: UpstreamTarget): readonly JsonEdit[] => {
  const edits: JsonEdit[] = []
  const version = target.quirks?.rawPredict
  if (version !== undefined)
    edits.push({ path: ['model'], remove: true }, { path: ['anthropic_version'], value: JSON.stringify(version) })
  else if (body.model !== target.upstreamModel)
    edits.push({ path: ['model'], value: JSON.stringify(target.upstreamModel) })
  for (const field of GATEWAY_FIELDS) if (body[field] !== undefined) edits.push({ path: [field], remove: true })
  const clamp = target.clampOutputTokens
  if (clamp !== null && (typeof body.max_tokens !== 'number' || body.max_tokens > clamp))
    edits.push({ path: ['max_tokens'], value: String(clamp) })
  return edits
}
