import type {
  CacheHint,
  ChatRequest,
  ContentPart,
  MediaSource,
  Message,
  Reasoning,
  ResponseFormat,
  ToolChoice,
  ToolDefinition,
} from '@atpar/core/chat'
import type { JsonObject } from '@atpar/core/json'

import { GATEWAY_FIELDS } from '../contract.ts'
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
} from '../fields.ts'
import { readSignature } from '../signatures.ts'

const KNOWN = new Set<string>([
  ...GATEWAY_FIELDS,
  'model',
  'messages',
  'system',
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'service_tier',
])

/** Decodes a Messages request (https://platform.claude.com/docs/en/api/messages). @throws AppError `invalid_request` naming the field. */
export const decodeRequest = (body: JsonObject): ChatRequest => {
  const unmapped = new Set(listUnmapped(body, KNOWN))
  const choice = readObject(body, 'tool_choice')
  const oneAtATime = choice === null ? null : readFlag(choice, 'disable_parallel_tool_use', 'tool_choice.')
  const metadata = readObject(body, 'metadata')
  return {
    model: requireText(body, 'model'),
    messages: [
      ...readSystem(body, unmapped),
      ...requireList(body, 'messages').flatMap((message, index) =>
        readMessage(requireObject(message, `messages[${index}]`), { at: `messages[${index}].`, unmapped }),
      ),
    ],
    tools: readTools(body, unmapped),
    toolChoice: choice === null ? null : readToolChoice(choice),
    parallelToolCalls: oneAtATime === true ? false : null,
    responseFormat: readResponseFormat(body),
    reasoning: readReasoning(body),
    maxOutputTokens: requireMaxTokens(body),
    temperature: readNumber(body, 'temperature', { min: 0, max: 1 }),
    topP: readNumber(body, 'top_p', { min: 0, max: 1 }),
    topK: readNumber(body, 'top_k', { min: 0, integer: true }),
    frequencyPenalty: null,
    presencePenalty: null,
    seed: null,
    stop: readTexts(body, 'stop_sequences'),
    choices: 1,
    logprobs: null,
    stream: readFlag(body, 'stream') ?? false,
    user: metadata === null ? null : readText(metadata, 'user_id', 'metadata.'),
    metadata: null,
    serviceTier: readText(body, 'service_tier'),
    unmapped: [...unmapped],
  }
}

export const requireMaxTokens = (body: JsonObject): number => {
  const limit = readPositive(body, 'max_tokens')
  if (limit === null) throw invalidField('max_tokens', 'is required and must be a positive integer.')
  return limit
}

interface Place {
  readonly at: string
  readonly unmapped: Set<string>
}

const readSystem = (body: JsonObject, unmapped: Set<string>): Message[] => {
  const content = readBlocks(body, 'system', { at: '', unmapped })
  return content.length === 0 ? [] : [{ role: 'system', content }]
}

/** A user turn may mix tool results and words; the neutral model keeps them apart, results first, as the tools ran before the words. */
const readMessage = (message: JsonObject, place: Place): Message[] => {
  const role = requireText(message, 'role', place.at)
  if (role !== 'user' && role !== 'assistant' && role !== 'system')
    throw invalidField(`${place.at}role`, `is "${role}"; it must be "user", "assistant" or "system".`)
  if (typeof message.content !== 'string' && !Array.isArray(message.content))
    throw invalidField(`${place.at}content`, 'is required and must be a string or an array of blocks.')
  const content = readBlocks(message, 'content', place)
  const results = content.filter((part) => part.type === 'tool-result')
  const others = content.filter((part) => part.type !== 'tool-result')
  const messages: Message[] = results.length === 0 ? [] : [{ role: 'tool', content: results }]
  if (others.length > 0 || messages.length === 0) messages.push({ role, content: others })
  return messages
}

const readBlocks = (holder: JsonObject, key: string, place: Place): ContentPart[] => {
  const value = holder[key]
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }]
  return (readList(holder, key, place.at) ?? []).flatMap((block, index) => {
    const at = `${place.at}${key}[${index}].`
    return readBlock(requireObject(block, at.slice(0, -1)), { at, unmapped: place.unmapped })
  })
}

const readBlock = (block: JsonObject, place: Place): ContentPart[] => {
  const { at } = place
  const type = requireText(block, 'type', at)
  switch (type) {
    case 'text': {
      const text = readText(block, 'text', at) ?? ''
      return text === '' ? [] : [{ type: 'text', text, ...withCache(block) }]
    }
    case 'image':
      return [{ type: 'image', source: readSource(block, at), ...withCache(block) }]
    case 'document':
      return readDocument(block, place)
    case 'search_result':
      return readBlocks(block, 'content', place)
    case 'tool_use':
      return [
        {
          type: 'tool-call',
          id: requireText(block, 'id', at),
          name: requireText(block, 'name', at),
          argumentsJson: JSON.stringify(readObject(block, 'input', at) ?? {}),
        },
      ]
    case 'tool_result':
      return [
        {
          type: 'tool-result',
          toolCallId: requireText(block, 'tool_use_id', at),
          toolName: null,
          content: readBlocks(block, 'content', place),
          isError: readFlag(block, 'is_error', at) ?? false,
          ...withCache(block),
        },
      ]
    case 'thinking':
      return [
        {
          type: 'thinking',
          text: readText(block, 'thinking', at) ?? '',
          signature: readSignature(readText(block, 'signature', at), 'anthropic-messages'),
        },
      ]
    case 'redacted_thinking':
      return [
        {
          type: 'thinking',
          text: '',
          signature: readSignature(requireText(block, 'data', at), 'anthropic-messages'),
          redacted: true,
        },
      ]
    default:
      // Blocks of tools that run at Anthropic: another provider can neither run nor read them.
      place.unmapped.add(`content.${type}`)
      return []
  }
}

const readDocument = (block: JsonObject, place: Place): ContentPart[] => {
  const source = requireObject(block.source, `${place.at}source`)
  if (source.type === 'text')
    return [{ type: 'text', text: requireText(source, 'data', `${place.at}source.`), ...withCache(block) }]
  if (source.type === 'content') return readBlocks(source, 'content', { ...place, at: `${place.at}source.` })
  return [{ type: 'file', source: readSource(block, place.at), name: readText(block, 'title', place.at) }]
}

const readSource = (block: JsonObject, at: string): MediaSource => {
  const here = `${at}source.`
  const source = requireObject(block.source, here.slice(0, -1))
  if (source.type === 'base64')
    return {
      kind: 'base64',
      mediaType: requireText(source, 'media_type', here),
      data: requireText(source, 'data', here),
    }
  if (source.type === 'url')
    return {
      kind: 'url',
      url: requireText(source, 'url', here),
      mediaType: block.type === 'document' ? 'application/pdf' : null,
    }
  throw invalidField(
    `${here}type`,
    'must be "base64" or "url" here: a file id is only known to the provider it was uploaded to.',
  )
}

const withCache = (block: JsonObject): { readonly cache?: CacheHint } => {
  const control = asObject(block.cache_control)
  return control === null ? {} : { cache: control.ttl === '1h' ? '1h' : '5m' }
}

const readTools = (body: JsonObject, unmapped: Set<string>): ToolDefinition[] =>
  (readList(body, 'tools') ?? []).flatMap((value, index) => {
    const at = `tools[${index}].`
    const tool = requireObject(value, at.slice(0, -1))
    const type = readText(tool, 'type', at) ?? 'custom'
    if (type !== 'custom') {
      unmapped.add(`tools.${type}`)
      return []
    }
    const strict = readFlag(tool, 'strict', at)
    return [
      {
        name: requireText(tool, 'name', at),
        description: readText(tool, 'description', at),
        parameters: requireObject(tool.input_schema, `${at}input_schema`),
        ...(strict === null ? {} : { strict }),
        ...withCache(tool),
      },
    ]
  })

const readToolChoice = (choice: JsonObject): ToolChoice => {
  switch (asText(choice.type) ?? '') {
    case 'auto':
      return { kind: 'auto' }
    case 'any':
      return { kind: 'required' }
    case 'none':
      return { kind: 'none' }
    case 'tool':
      return { kind: 'tool', name: requireText(choice, 'name', 'tool_choice.') }
    default:
      throw invalidField('tool_choice.type', 'must be "auto", "any", "tool" or "none".')
  }
}

/** `output_format` is the name the field had while in beta. */
const readResponseFormat = (body: JsonObject): ResponseFormat | null => {
  const config = readObject(body, 'output_config')
  const format =
    (config === null ? null : readObject(config, 'format', 'output_config.')) ?? readObject(body, 'output_format')
  if (format === null) return null
  if (format.type !== 'json_schema') throw invalidField('output_config.format.type', 'must be "json_schema".')
  return {
    kind: 'json-schema',
    name: 'response',
    schema: requireObject(format.schema, 'output_config.format.schema'),
    strict: true,
  }
}

const EFFORTS: Readonly<Record<string, NonNullable<Reasoning['effort']>>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'xhigh',
}

const readEffort = (body: JsonObject): NonNullable<Reasoning['effort']> | null => {
  const config = readObject(body, 'output_config')
  const text = config === null ? null : readText(config, 'effort', 'output_config.')
  if (text === null) return null
  const effort = EFFORTS[text]
  if (effort === undefined)
    throw invalidField('output_config.effort', `is "${text}"; it must be one of ${Object.keys(EFFORTS).join(', ')}.`)
  return effort
}

const readReasoning = (body: JsonObject): Reasoning | null => {
  const thinking = readObject(body, 'thinking')
  const effort = readEffort(body)
  const withEffort = effort === null ? {} : { effort }
  if (thinking === null) return effort === null ? null : { effort }
  switch (asText(thinking.type) ?? '') {
    case 'enabled':
      return { ...withEffort, budgetTokens: requireBudget(body, thinking) }
    case 'disabled':
      return { effort: 'none' }
    case 'adaptive':
    case 'between_tools':
      return withEffort
    default:
      throw invalidField('thinking.type', 'must be "enabled", "adaptive" or "disabled".')
  }
}

export const requireBudget = (body: JsonObject, thinking: JsonObject): number => {
  const budget = readNumber(thinking, 'budget_tokens', { at: 'thinking.', min: 1024, integer: true })
  if (budget === null)
    throw invalidField('thinking.budget_tokens', 'is required and must be an integer of at least 1024.')
  if (budget >= requireMaxTokens(body)) throw invalidField('thinking.budget_tokens', 'must be less than max_tokens.')
  return budget
}
