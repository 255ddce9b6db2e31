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
import { readSignature } from '../signatures.ts'

const KNOWN = new Set<string>([
  ...HEEDED_FIELDS,
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
  'container',
  'mcp_servers',
])

/** Where Anthropic runs tools: no other format knows such a place, and an answer without them is none. */
const ONLY_HERE = ['container', 'mcp_servers'] as const

/** Decodes a Messages request (https://platform.claude.com/docs/en/api/messages). @throws AppError `invalid_request` naming the field. */
export const decodeRequest = (body: JsonObject): ChatRequest => {
  const found: Found = { unmapped: new Set(listUnmapped(body, KNOWN)), untranslatable: [] }
  const { unmapped, untranslatable } = found
  for (const field of ONLY_HERE) if (body[field] !== undefined && body[field] !== null) untranslatable.push(field)
  const choice = readObject(body, 'tool_choice')
  const oneAtATime = choice === null ? null : readFlag(choice, 'disable_parallel_tool_use', 'tool_choice.')
  const metadata = readObject(body, 'metadata')
  return {
    model: requireText(body, 'model'),
    messages: [
      ...readSystem(body, found),
      ...requireList(body, 'messages').flatMap((message, index) =>
        readMessage(requireObject(message, `messages[${index}]`), { at: `messages[${index}].`, found }),
      ),
    ],
    tools: readTools(body, found),
    toolChoice: choice === null ? null : readToolChoice(choice),
    parallelToolCalls: oneAtATime === true ? false : null,
    responseFormat: readResponseFormat(body),
    reasoning: readReasoning(body, unmapped),
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
    ...(untranslatable.length === 0 ? {} : { untranslatable }),
  }
}

export const requireMaxTokens = (body: JsonObject): number => {
  const limit = readPositive(body, 'max_tokens')
  if (limit === null) throw invalidField('max_tokens', 'is required and must be a positive integer.')
  return limit
}

interface Place {
  readonly at: string
  readonly found: Found
}

const readSystem = (body: JsonObject, found: Found): Message[] => {
  const content = readBlocks(body, 'system', { at: '', found })
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
    return readBlock(requireObject(block, at.slice(0, -1)), { at, found: place.found })
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
      noteCitations(block, place)
      return [
        ...writeHeading(requireText(block, 'title', at), requireText(block, 'source', at)),
        ...readBlocks(block, 'content', place),
      ]
    case 'tool_use':
      if (block.cache_control !== undefined && block.cache_control !== null) place.found.unmapped.add('cache_control')
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
    case 'container_upload':
      place.found.untranslatable.push(`content.${type}`)
      return []
    default:
      // Blocks of tools that run at Anthropic: another provider can neither run nor read them.
      place.found.unmapped.add(`content.${type}`)
      return []
  }
}

/** What stands over a text is part of what is read; elsewhere it has no place of its own. */
const writeHeading = (...lines: readonly (string | null)[]): ContentPart[] => {
  const text = lines.filter((line) => line !== null && line !== '').join('\n')
  return text === '' ? [] : [{ type: 'text', text: `${text}\n` }]
}

const noteCitations = (block: JsonObject, { found }: Place): void => {
  if (asObject(block.citations)?.enabled === true) found.unmapped.add('citations')
}

const readDocument = (block: JsonObject, place: Place): ContentPart[] => {
  const { at } = place
  const source = requireObject(block.source, `${at}source`)
  const [title, context] = [readText(block, 'title', at), readText(block, 'context', at)]
  noteCitations(block, place)
  if (source.type === 'text')
    return [
      ...writeHeading(title, context),
      { type: 'text', text: requireText(source, 'data', `${at}source.`), ...withCache(block) },
    ]
  if (source.type === 'content')
    return [...writeHeading(title, context), ...readBlocks(source, 'content', { ...place, at: `${at}source.` })]
  return [...writeHeading(context), { type: 'file', source: readSource(block, at), name: title, ...withCache(block) }]
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
  throw unsupportedField(
    `${here}type`,
    'must be "base64" or "url" here: a file id is only known to the provider it was uploaded to.',
  )
}

const withCache = (block: JsonObject): { readonly cache?: CacheHint } => {
  const control = asObject(block.cache_control)
  return control === null ? {} : { cache: control.ttl === '1h' ? '1h' : '5m' }
}

const KNOWN_TOOL = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'])

/** A tool that Anthropic runs, or whose form only its models know, is never left out: words are no answer to who asked for a call. */
const readTools = (body: JsonObject, { unmapped, untranslatable }: Found): ToolDefinition[] =>
  (readList(body, 'tools') ?? []).flatMap((value, index) => {
    const at = `tools[${index}].`
    const tool = requireObject(value, at.slice(0, -1))
    const type = readText(tool, 'type', at) ?? 'custom'
    if (type !== 'custom') {
      untranslatable.push(`tools.${type}`)
      return []
    }
    for (const name of listUnmapped(tool, KNOWN_TOOL, 'tools.')) unmapped.add(name)
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

const KNOWN_OUTPUT = new Set(['format', 'effort'])

const readEffort = (body: JsonObject, unmapped: Set<string>): NonNullable<Reasoning['effort']> | null => {
  const config = readObject(body, 'output_config')
  for (const name of listUnmapped(config ?? {}, KNOWN_OUTPUT, 'output_config.')) unmapped.add(name)
  const text = config === null ? null : readText(config, 'effort', 'output_config.')
  if (text === null) return null
  const effort = EFFORTS[text]
  if (effort === undefined)
    throw invalidField('output_config.effort', `is "${text}"; it must be one of ${Object.keys(EFFORTS).join(', ')}.`)
  return effort
}

const KNOWN_THINKING = new Set(['type', 'budget_tokens'])

const readReasoning = (body: JsonObject, unmapped: Set<string>): Reasoning | null => {
  const thinking = readObject(body, 'thinking')
  const effort = readEffort(body, unmapped)
  for (const name of listUnmapped(thinking ?? {}, KNOWN_THINKING, 'thinking.')) unmapped.add(name)
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
