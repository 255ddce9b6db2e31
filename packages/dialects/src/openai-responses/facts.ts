import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'

import type { RequestFacts, Reserved } from '../contract.ts'
import { asText, invalidField, readFlag, readList, readText, requireObject, requireText } from '../fields.ts'
import { readMediaUrl } from '../media.ts'
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
import { guardFields, guardFileId, guardTool, readsFromOutside } from './guarded-fields.ts'
import { readModel, readOutputLimit } from './request.ts'

/** Reads what admission needs, without converting anything. @throws AppError `invalid_request`, or `unsupported_parameter` for what no provider may see. */
export const readFacts = (body: JsonObject): RequestFacts => {
  guardFields(body)
  const model = readModel(body)
  const media = createMediaTally()
  const continues: string[] = []
  const reserved: Reserved[] = []
  const previous = readText(body, 'previous_response_id')
  if (previous !== null) {
    continues.push(previous)
    // All that was said before is read again, and no field tells how much it was.
    media.add(null)
  }
  const tools = readList(body, 'tools') ?? []
  for (const [index, tool] of tools.entries()) {
    const at = `tools[${index}].`
    const declared = requireObject(tool, at.slice(0, -1))
    guardTool(declared, at)
    if (readsFromOutside(declared)) media.add(null)
    if (asText(declared.type)?.startsWith('web_search') === true) reserved.push({ param: `${at}type`, why: 'searches' })
  }
  let textBytes = REQUEST_OVERHEAD_BYTES + countBytes(readText(body, 'instructions') ?? '') + countJsonBytes(body.text)
  if (tools.length > 0) textBytes += TOOLS_OVERHEAD_BYTES + countJsonBytes(body.tools)
  textBytes += countInput(body.input, { model, add: media.add, continues })
  return {
    model,
    stream: readFlag(body, 'stream') ?? false,
    wantsUsage: true,
    maxOutputTokens: readOutputLimit(body),
    choices: 1,
    textBytes,
    mediaTokens: media.total(),
    reasoningTokens: null,
    sessionKey: readText(body, 'session_id') ?? readText(body, 'prompt_cache_key'),
    usesTools: tools.length > 0,
    ...(continues.length === 0 ? {} : { continues }),
    ...(reserved.length === 0 ? {} : { reserved }),
  }
}

interface Count {
  readonly model: string
  readonly add: (tokens: number | null) => void
  readonly continues: string[]
}

const countInput = (input: JsonValue | undefined, count: Count): number => {
  if (typeof input === 'string' && input !== '') return MESSAGE_OVERHEAD_BYTES + countBytes(input)
  if (!Array.isArray(input) || input.length === 0)
    throw invalidField('input', 'is required and must be a non-empty string or array of items.')
  let bytes = 0
  for (const [index, value] of input.entries()) {
    const at = `input[${index}].`
    bytes += MESSAGE_OVERHEAD_BYTES + countItem(requireObject(value, at.slice(0, -1)), { ...count, at })
  }
  return bytes
}

const countItem = (item: JsonObject, count: Count & { readonly at: string }): number => {
  // The type may be left out where the id says it all.
  if (item.type === 'item_reference' || (item.type === undefined && item.role === undefined)) {
    count.continues.push(requireText(item, 'id', count.at))
    count.add(null)
    return 0
  }
  let bytes = 0
  for (const key of Object.keys(item)) {
    const value = item[key]
    if (typeof value === 'string') bytes += countBytes(value)
    else if ((key === 'content' || key === 'output') && Array.isArray(value))
      for (const [index, part] of value.entries())
        bytes += countPart(part, { ...count, at: `${count.at}${key}[${index}].` })
    else if (value !== null) bytes += countJsonBytes(value)
  }
  return bytes
}

const countPart = (part: JsonValue, count: Count & { readonly at: string }): number => {
  if (!isJsonObject(part)) return countJsonBytes(part)
  switch (asText(part.type) ?? '') {
    case 'input_text':
    case 'output_text':
    case 'text':
      return countBytes(asText(part.text) ?? '')
    case 'input_image':
      guardFileId(part, count.at)
      count.add(boundImageTokens(count.model))
      return 0
    case 'input_file': {
      guardFileId(part, count.at)
      const source = readMediaUrl(asText(part.file_data) ?? '')
      count.add(source.kind === 'base64' ? boundFileTokens(source.mediaType, source.data.length) : null)
      return countBytes(asText(part.filename) ?? '')
    }
    default:
      return countJsonBytes(part)
  }
}
