import type { ChatRequest, ContentPart, Message, ToolDefinition } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'

import type { UpstreamTarget } from '../contract.ts'
import { asObject } from '../fields.ts'
import { readTextFile, writeMediaUrl } from '../media.ts'
import { toObjectSchema } from '../object-schema.ts'
import { normalizeArguments } from '../tool-calls.ts'
import { dropMessageMarks, dropOpenAiWishes } from '../unspoken-wishes.ts'

export const path = (): string => '/chat'

/** The API takes five stop sequences; more are refused. */
const MAX_STOPS = 5

interface Output {
  readonly body: JsonObject
  readonly dropped: Set<string>
  readonly target: UpstreamTarget
}

/** https://docs.cohere.com/reference/chat */
export const encodeRequest = (
  request: ChatRequest,
  target: UpstreamTarget,
): { readonly body: JsonObject; readonly dropped: readonly string[] } => {
  const dropped = new Set(request.unmapped)
  dropMessageMarks(request, dropped)
  const body: JsonObject = { model: target.upstreamModel, messages: request.messages.flatMap(encodeMessage) }
  const out = { body, dropped, target }
  encodeTools(request, out)
  encodeSampling(request, out)
  encodeResponseFormat(request, out)
  encodeReasoning(request, out)
  // Marks of citation in the text have no place in a caller's format, and are made only where tools were asked.
  if (request.messages.some((message) => message.role === 'tool')) body.citation_options = { mode: 'OFF' }
  if (target.stream) body.stream = true
  dropOpenAiWishes(request, dropped)
  return { body, dropped: [...dropped] }
}

const encodeSampling = (request: ChatRequest, { body, dropped, target }: Output): void => {
  const asked = request.maxOutputTokens
  const clamp = target.clampOutputTokens
  const limit = clamp === null ? asked : Math.min(asked ?? clamp, clamp)
  for (const [name, value] of [
    ['max_tokens', limit],
    ['temperature', request.temperature],
    ['p', request.topP],
    ['k', request.topK],
    ['seed', request.seed],
  ] as const) {
    if (value !== null) body[name] = value
  }
  for (const [name, value] of [
    ['frequency_penalty', request.frequencyPenalty],
    ['presence_penalty', request.presencePenalty],
  ] as const) {
    if (value === null || value === 0) continue
    // From 0 to 1 here: a penalty beyond is weakened, a bonus has no counterpart.
    if (value < 0 || value > 1) dropped.add(name)
    if (value > 0) body[name] = Math.min(value, 1)
  }
  if (request.stop.length > 0) body.stop_sequences = request.stop.slice(0, MAX_STOPS)
  if (request.stop.length > MAX_STOPS) dropped.add('stop')
}

/** A choice is all or nothing here: one tool by name is the only tool there is. */
const encodeTools = (request: ChatRequest, { body, dropped }: Output): void => {
  const { toolChoice } = request
  const wanted = toolChoice?.kind === 'tool' ? toolChoice.name : null
  const tools = wanted === null ? request.tools : request.tools.filter((tool) => tool.name === wanted)
  if (tools.length === 0) return
  body.tools = tools.map((tool) => encodeTool(tool, dropped))
  if (tools.every((tool) => tool.strict === true)) body.strict_tools = true
  if (toolChoice?.kind === 'none') body.tool_choice = 'NONE'
  if (toolChoice?.kind === 'required' || toolChoice?.kind === 'tool') body.tool_choice = 'REQUIRED'
}

const encodeTool = (tool: ToolDefinition, dropped: Set<string>): JsonObject => {
  if (tool.cache !== undefined) dropped.add('cache_control')
  return {
    type: 'function',
    function: {
      name: tool.name,
      ...(tool.description === null ? {} : { description: tool.description }),
      parameters: toObjectSchema(tool.parameters),
    },
  }
}

/** JSON output and tools exclude each other at the API; the tools are the greater loss. */
const encodeResponseFormat = (request: ChatRequest, { body, dropped }: Output): void => {
  const format = request.responseFormat
  if (format === null || format.kind === 'text') return
  if (request.tools.length > 0) dropped.add('response_format')
  else
    body.response_format =
      format.kind === 'json'
        ? { type: 'json_object' }
        : { type: 'json_object', json_schema: asObject(format.schema) ?? {} }
}

/** Models that reason do so unless told not to; an effort has no counterpart but a budget. */
const encodeReasoning = ({ reasoning }: ChatRequest, { body, dropped, target }: Output): void => {
  if (reasoning === null) return
  const isOff = reasoning.effort === 'none' || reasoning.budgetTokens === 0
  if (target.reasoning === false) {
    if (!isOff) dropped.add('reasoning_effort')
    return
  }
  if (isOff) body.thinking = { type: 'disabled' }
  else {
    body.thinking = {
      type: 'enabled',
      ...(reasoning.budgetTokens === undefined ? {} : { token_budget: reasoning.budgetTokens }),
    }
    if (reasoning.effort !== undefined) dropped.add('reasoning_effort')
  }
}

const encodeMessage = (message: Message): JsonObject[] => {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: textOf(message.content) }]
    case 'tool':
      return encodeToolTurn(message.content)
    case 'user':
      // Another format's turn of results is the user's, with words after it.
      return [
        ...encodeToolTurn(message.content.filter((part) => part.type === 'tool-result')),
        ...encodeWords(message.content.filter((part) => part.type !== 'tool-result')),
      ]
    case 'assistant':
      return encodeAssistant(message.content)
  }
}

const textOf = (content: readonly ContentPart[]): string =>
  content.flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : [])).join('\n')

const encodeWords = (content: readonly ContentPart[]): JsonObject[] => {
  if (content.length === 0) return []
  const blocks = content.flatMap(encodeBlock)
  const isPlain = content.every((part) => part.type === 'text')
  return [{ role: 'user', content: isPlain && blocks.length === 1 ? textOf(content) : blocks }]
}

const encodeBlock = (part: ContentPart): JsonObject[] => {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    case 'image':
      return [
        {
          type: 'image_url',
          image_url: {
            url: writeMediaUrl(part.source),
            ...(part.detail === undefined ? {} : { detail: part.detail }),
          },
        },
      ]
    case 'file': {
      const text = readTextFile(part.source)
      if (text === null)
        throw new AppError('unsupported_parameter', { param: 'messages', message: 'This model takes only text files.' })
      return [{ type: 'text', text }]
    }
    case 'audio':
      throw new AppError('unsupported_parameter', { param: 'messages', message: 'This model takes no sound.' })
    case 'tool-call':
    case 'tool-result':
    case 'thinking':
      return []
  }
}

/** Words beside calls are the plan of the calls. Thoughts are not signed here, but only its own are worth giving back. */
const encodeAssistant = (content: readonly ContentPart[]): JsonObject[] => {
  const calls = content.flatMap((part) =>
    part.type === 'tool-call'
      ? [
          {
            id: part.id,
            type: 'function',
            function: { name: part.name, arguments: normalizeArguments(part.argumentsJson) },
          },
        ]
      : [],
  )
  const text = textOf(content)
  if (calls.length > 0) return [{ role: 'assistant', ...(text === '' ? {} : { tool_plan: text }), tool_calls: calls }]
  return text === '' ? [] : [{ role: 'assistant', content: text }]
}

const encodeToolTurn = (content: readonly ContentPart[]): JsonObject[] =>
  content.flatMap((part): JsonObject[] => {
    if (part.type !== 'tool-result') return []
    if (part.content.some((inner) => inner.type !== 'text'))
      throw new AppError('unsupported_parameter', {
        param: 'messages',
        message: 'This model takes only text as the result of a tool.',
      })
    const text = textOf(part.content)
    return [{ role: 'tool', tool_call_id: part.toolCallId, content: part.isError ? `Error: ${text}` : text }]
  })
