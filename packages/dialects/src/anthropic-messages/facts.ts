import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'

import type { RequestFacts, Reserved } from '../contract.ts'
import {
  asObject,
  asText,
  readFlag,
  readList,
  readObject,
  readText,
  requireList,
  requireObject,
  requireText,
} from '../fields.ts'
import {
  boundFileTokens,
  boundImageTokens,
  countBytes,
  countJsonBytes,
  createMediaTally,
  MESSAGE_OVERHEAD_BYTES,
  REQUEST_OVERHEAD_BYTES,
  TOOLS_OVERHEAD_BYTES,
} from '../text-bytes.ts'
import { requireBudget, requireMaxTokens } from './request.ts'

interface Media {
  readonly model: string
  readonly add: (tokens: number | null) => void
  readonly reserved: Reserved[]
}

/** Reads what admission needs, without converting anything. @throws AppError `invalid_request` naming the field. */
export const readFacts = (body: JsonObject): RequestFacts => {
  const model = requireText(body, 'model')
  const maxOutputTokens = requireMaxTokens(body)
  const tools = readList(body, 'tools')
  const thinking = readObject(body, 'thinking')
  const tally = createMediaTally()
  const media: Media = { model, add: tally.add, reserved: reserveFields(body) }
  let textBytes = REQUEST_OVERHEAD_BYTES + countContent(body.system, media)
  for (const [index, value] of requireList(body, 'messages').entries()) {
    const message = requireObject(value, `messages[${index}]`)
    requireText(message, 'role', `messages[${index}].`)
    textBytes += MESSAGE_OVERHEAD_BYTES + countContent(message.content, media)
  }
  // The provider's own tools (`web_search_20250305`, `web_fetch_…`) put what they find into the input, and no field bounds how much that is.
  if (tools?.some((tool) => isJsonObject(tool) && asText(tool.type)?.startsWith('web_') === true) === true)
    tally.add(null)
  const usesTools = tools !== null && tools.length > 0
  if (usesTools) reserveTools(tools, media.reserved)
  if (usesTools) textBytes += TOOLS_OVERHEAD_BYTES + countJsonBytes(body.tools)
  textBytes += countJsonBytes(body.output_config) + countJsonBytes(body.output_format)
  return {
    model,
    stream: readFlag(body, 'stream') ?? false,
    wantsUsage: true,
    maxOutputTokens,
    choices: 1,
    textBytes,
    mediaTokens: tally.total(),
    reasoningTokens: thinking?.type === 'enabled' ? requireBudget(body, thinking) : null,
    sessionKey: readText(body, 'session_id'),
    usesTools,
    ...(media.reserved.length === 0 ? {} : { reserved: media.reserved }),
  }
}

/** Whose price is another one (https://platform.claude.com/docs/en/about-claude/pricing), or whose usage stands beside the totals. */
const reserveFields = (body: JsonObject): Reserved[] => {
  const reserved: Reserved[] = []
  if (body.container !== undefined && body.container !== null) reserved.push({ param: 'container', why: 'stored' })
  if (body.speed === 'fast') reserved.push({ param: 'speed', why: 'unmetered' })
  if (typeof body.inference_geo === 'string' && body.inference_geo !== 'global')
    reserved.push({ param: 'inference_geo', why: 'unmetered' })
  if (body.context_management !== undefined && countEdits(body.context_management) > 0)
    reserved.push({ param: 'context_management', why: 'unmetered' })
  return reserved
}

/** Those that let the model write a summary: what it takes is in `usage.iterations` alone. */
const countEdits = (value: JsonValue): number =>
  isJsonObject(value) && Array.isArray(value.edits)
    ? value.edits.filter((edit) => isJsonObject(edit) && asText(edit.type)?.startsWith('compact') === true).length
    : 0

/** Tools whose use is in the tokens: they run at the caller, or cost nothing beside what they bring into the input. */
const COUNTED_TOOLS = /^(?:custom|bash_|text_editor_|computer_|memory_|tool_search_tool_|web_fetch_|mcp_toolset)/

const reserveTools = (tools: readonly JsonValue[], reserved: Reserved[]): void => {
  for (const [index, tool] of tools.entries()) {
    const type = isJsonObject(tool) ? asText(tool.type) : null
    if (type === null || COUNTED_TOOLS.test(type)) continue
    reserved.push({ param: `tools[${index}].type`, why: type.startsWith('web_search_') ? 'searches' : 'unmetered' })
  }
}

const countContent = (content: JsonValue | undefined, media: Media): number => {
  if (typeof content === 'string') return countBytes(content)
  if (!Array.isArray(content)) return 0
  let bytes = 0
  for (const block of content) bytes += isJsonObject(block) ? countBlock(block, media) : countJsonBytes(block)
  return bytes
}

const countBlock = (block: JsonObject, media: Media): number => {
  switch (asText(block.type) ?? '') {
    case 'text':
      return countBytes(asText(block.text) ?? '')
    case 'image':
      reserveFile(block, media)
      media.add(boundImageTokens(media.model))
      return 0
    case 'container_upload':
      media.reserved.push({ param: 'messages.content.container_upload', why: 'stored' })
      return 0
    case 'document':
      return countDocument(block, media)
    case 'tool_result':
      return countContent(block.content, media) + MESSAGE_OVERHEAD_BYTES
    default:
      return countJsonBytes(block)
  }
}

const reserveFile = (block: JsonObject, media: Media): void => {
  if (asObject(block.source)?.type === 'file')
    media.reserved.push({ param: 'messages.content.source.file_id', why: 'stored' })
}

const countDocument = (block: JsonObject, media: Media): number => {
  reserveFile(block, media)
  const source = asObject(block.source)
  const names = countBytes(asText(block.title) ?? '') + countBytes(asText(block.context) ?? '')
  if (source?.type === 'text') return names + countBytes(asText(source.data) ?? '')
  if (source?.type === 'content') return names + countContent(source.content, media)
  const data = source?.type === 'base64' ? asText(source.data) : null
  media.add(data === null ? null : boundFileTokens(asText(source?.media_type) ?? '', data.length))
  return names
}
