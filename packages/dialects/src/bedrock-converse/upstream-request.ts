import type { CacheHint, ChatRequest, ContentPart, Message, ToolDefinition } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject, JsonValue } from '@atpar/core/json'

import { limitConstrainedSchema } from '../constrained-schema.ts'
import type { UpstreamTarget } from '../contract.ts'
import { asObject } from '../fields.ts'
import { toObjectSchema } from '../object-schema.ts'
import { fitToolCallId, parseArguments } from '../tool-calls.ts'
import { dropDetail } from '../unspoken-wishes.ts'
import { encodeDocument, encodeImage } from './media.ts'
import { encodeModelFields } from './model-fields.ts'

/** The model, which may be the ARN of an inference profile, is part of the path. */
export const path = (target: UpstreamTarget): string =>
  `/model/${encodeURIComponent(target.upstreamModel)}/${target.stream ? 'converse-stream' : 'converse'}`

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export const encodeRequest = (
  request: ChatRequest,
  target: UpstreamTarget,
): { readonly body: JsonObject; readonly dropped: readonly string[] } => {
  const dropped = new Set(request.unmapped)
  if (request.messages.some((message) => message.name !== undefined)) dropped.add('messages.name')
  dropDetail(request, dropped)
  const asked = request.maxOutputTokens ?? target.defaultMaxOutputTokens
  const maxTokens = target.clampOutputTokens === null ? asked : Math.min(asked, target.clampOutputTokens)
  const body: JsonObject = { ...encodeConversation(request.messages), inferenceConfig: { maxTokens } }
  const out = { body, dropped, maxTokens, target }
  encodeTools(request, out)
  encodeModelFields(request, out)
  encodeResponseFormat(request, out)
  if (request.metadata !== null) body.requestMetadata = { ...request.metadata }
  if (request.serviceTier === 'flex' || request.serviceTier === 'priority')
    body.serviceTier = { type: request.serviceTier }
  for (const [name, value] of [
    ['frequency_penalty', request.frequencyPenalty],
    ['presence_penalty', request.presencePenalty],
    ['seed', request.seed],
    ['logprobs', request.logprobs],
    ['user', request.user],
    ['n', request.choices > 1 ? request.choices : null],
    ['parallel_tool_calls', request.parallelToolCalls === false && request.tools.length > 0 ? false : null],
    ['service_tier', SERVICE_TIERS.has(request.serviceTier ?? 'auto') ? null : request.serviceTier],
  ] as const) {
    if (value !== null && value !== 0) dropped.add(name)
  }
  return { body, dropped: [...dropped] }
}

const SERVICE_TIERS: ReadonlySet<string> = new Set(['auto', 'default', 'flex', 'priority'])

interface Output {
  readonly body: JsonObject
  readonly dropped: Set<string>
}

const encodeTools = (request: ChatRequest, { body, dropped }: Output): void => {
  if (request.tools.length === 0) return
  const { toolChoice } = request
  const hasCalls = request.messages.some(({ content }) =>
    content.some((part) => part.type === 'tool-call' || part.type === 'tool-result'),
  )
  // The format cannot forbid tools that it knows, and must know those a conversation speaks of.
  if (toolChoice?.kind === 'none') {
    if (!hasCalls) return
    dropped.add('tool_choice')
  }
  const config: JsonObject = { tools: request.tools.flatMap((tool) => encodeTool(tool, dropped)) }
  if (toolChoice?.kind === 'auto') config.toolChoice = { auto: {} }
  if (toolChoice?.kind === 'required') config.toolChoice = { any: {} }
  if (toolChoice?.kind === 'tool') config.toolChoice = { tool: { name: toolChoice.name } }
  body.toolConfig = config
}

const encodeTool = (tool: ToolDefinition, dropped: Set<string>): JsonObject[] => {
  const schema = toObjectSchema(tool.parameters)
  return [
    {
      toolSpec: {
        name: tool.name,
        // An empty description is refused.
        ...(tool.description === null || tool.description === '' ? {} : { description: tool.description }),
        inputSchema: {
          json: tool.strict === true ? limitConstrainedSchema(schema, { at: 'tools.parameters', dropped }) : schema,
        },
        ...(tool.strict === true ? { strict: true } : {}),
      },
    },
    ...writeCache(tool.cache),
  ]
}

/** The schema travels as text here. */
const encodeResponseFormat = (request: ChatRequest, { body, dropped }: Output): void => {
  const format = request.responseFormat
  if (format === null || format.kind === 'text') return
  if (format.kind === 'json') {
    dropped.add('response_format')
    return
  }
  const schema = limitConstrainedSchema(asObject(format.schema) ?? {}, { at: 'response_format.schema', dropped })
  const definition: JsonObject = { schema: JSON.stringify(schema), name: format.name }
  if (format.description !== undefined) definition.description = format.description
  body.outputConfig = {
    ...asObject(body.outputConfig),
    textFormat: { type: 'json_schema', structure: { jsonSchema: definition } },
  }
}

/**
 * System text that opens the conversation goes to `system`; later system messages keep their place as the user's words. Turns alternate, and
 * results of tools come first in theirs.
 */
const encodeConversation = (messages: readonly Message[]): JsonObject => {
  const firstOther = messages.findIndex((message) => message.role !== 'system')
  const opening = firstOther < 0 ? [] : messages.slice(0, firstOther)
  const turns: { role: 'user' | 'assistant'; blocks: JsonObject[] }[] = []
  const context: Context = { documents: 0 }
  for (const message of messages.slice(opening.length)) {
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const blocks = message.content.flatMap((part) => encodePart(part, context))
    const last = turns.at(-1)
    if (last?.role === role) last.blocks.push(...blocks)
    else if (blocks.length > 0) turns.push({ role, blocks })
  }
  const system = opening.flatMap((message) => message.content).flatMap((part) => encodePart(part, context))
  return {
    ...(system.length === 0 ? {} : { system }),
    messages: turns.map(({ role, blocks }): JsonValue => ({
      role,
      content: role === 'user' ? blocks.toSorted((left, right) => rank(left) - rank(right)) : blocks,
    })),
  }
}

const rank = (block: JsonObject): number => (block.toolResult === undefined ? 1 : 0)

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html */
const TOOL_ID = /^[a-zA-Z0-9_-]{1,64}$/

interface Context {
  /** Documents so far: each needs a name of its own. */
  documents: number
}

const encodePart = (part: ContentPart, context: Context): JsonObject[] => {
  switch (part.type) {
    case 'text':
      // Blank text is refused.
      return part.text.trim() === '' ? [] : [{ text: part.text }, ...writeCache(part.cache)]
    case 'refusal':
      return part.text.trim() === '' ? [] : [{ text: part.text }]
    case 'image':
      return [{ image: encodeImage(part.source) }, ...writeCache(part.cache)]
    case 'audio':
      throw new AppError('unsupported_parameter', { param: 'messages', message: 'This model takes no sound.' })
    case 'file':
      context.documents += 1
      return [
        { document: encodeDocument(part.source, { name: part.name, number: context.documents }) },
        ...writeCache(part.cache),
      ]
    case 'tool-call':
      return [
        {
          toolUse: {
            toolUseId: fitToolCallId(part.id, TOOL_ID),
            name: part.name,
            input: parseArguments(part.argumentsJson),
          },
        },
      ]
    case 'tool-result':
      return [
        {
          toolResult: {
            toolUseId: fitToolCallId(part.toolCallId, TOOL_ID),
            content: part.content.flatMap((inner) =>
              inner.type === 'text' ? [{ text: inner.text }] : encodePart(inner, context),
            ),
            ...(part.isError ? { status: 'error' } : {}),
          },
        },
        ...writeCache(part.cache),
      ]
    case 'thinking':
      // Only what was signed over there is accepted back.
      if (part.signature?.dialect !== 'bedrock-converse') return []
      return part.redacted === true
        ? [{ reasoningContent: { redactedContent: part.signature.value } }]
        : [{ reasoningContent: { reasoningText: { text: part.text, signature: part.signature.value } } }]
  }
}

/** A mark of its own here, after what is to be cached. */
const writeCache = (cache: CacheHint | undefined): JsonObject[] =>
  cache === undefined ? [] : [{ cachePoint: cache === '1h' ? { type: 'default', ttl: '1h' } : { type: 'default' } }]
