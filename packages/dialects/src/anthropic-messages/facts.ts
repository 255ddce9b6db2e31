import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'

import type { RequestFacts } from '../contract.ts'
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
}

/** Reads what admission needs, without converting anything. @throws AppError `invalid_request` naming the field. */
export const readFacts = (body: JsonObject): RequestFacts => {
  const model = requireText(body, 'model')
  const maxOutputTokens = requireMaxTokens(body)
  const tools = readList(body, 'tools')
  const thinking = readObject(body, 'thinking')
  const tally = createMediaTally()
  const media = { model, add: tally.add }
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
      media.add(boundImageTokens(media.model))
      return 0
    case 'document':
      return countDocument(block, media)
    case 'tool_result':
      return countContent(block.content, media) + MESSAGE_OVERHEAD_BYTES
    default:
      return countJsonBytes(block)
  }
}

const countDocument = (block: JsonObject, media: Media): number => {
  const source = asObject(block.source)
  const names = countBytes(asText(block.title) ?? '') + countBytes(asText(block.context) ?? '')
  if (source?.type === 'text') return names + countBytes(asText(source.data) ?? '')
  if (source?.type === 'content') return names + countContent(source.content, media)
  const data = source?.type === 'base64' ? asText(source.data) : null
  media.add(data === null ? null : boundFileTokens(asText(source?.media_type) ?? '', data.length))
  return names
}
