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
import { readMediaUrl } from '../media.ts'
import {
  boundAudioTokens,
  boundFileTokens,
  boundImageTokens,
  countBytes,
  countJsonBytes,
  createMediaTally,
  MESSAGE_OVERHEAD_BYTES,
  REQUEST_OVERHEAD_BYTES,
  TOOLS_OVERHEAD_BYTES,
} from '../text-bytes.ts'
import { readChoices, readModel, readOutputLimit } from './request.ts'

/** Reads what admission needs, without converting anything. @throws AppError `invalid_request` naming the field. */
export const readFacts = (body: JsonObject): RequestFacts => {
  const model = readModel(body)
  const stream = readFlag(body, 'stream') ?? false
  const tools = readList(body, 'tools')
  const streamOptions = readObject(body, 'stream_options')
  const media = createMediaTally()
  const reserved: Reserved[] = []
  const around = { model, add: media.add, reserved, at: 0 }
  let textBytes = REQUEST_OVERHEAD_BYTES
  for (const value of requireList(body, 'messages')) {
    textBytes += MESSAGE_OVERHEAD_BYTES + countMessage(requireMessage(value, around.at), around)
    around.at += 1
  }
  // What a search finds is read as input, and no field bounds how much that is.
  if (body.web_search_options !== undefined && body.web_search_options !== null) {
    media.add(null)
    reserved.push({ param: 'web_search_options', why: 'unmetered' })
  }
  const usesTools = tools !== null && tools.length > 0
  if (usesTools) {
    textBytes += TOOLS_OVERHEAD_BYTES + countJsonBytes(body.tools)
    reserveTools(tools, reserved)
  }
  if (body.functions !== undefined) textBytes += TOOLS_OVERHEAD_BYTES + countJsonBytes(body.functions)
  textBytes += countJsonBytes(body.response_format) + countJsonBytes(body.prediction)
  const facts: RequestFacts = {
    model,
    stream,
    wantsUsage: !stream || streamOptions?.include_usage === true,
    maxOutputTokens: readOutputLimit(body),
    choices: readChoices(body),
    textBytes,
    mediaTokens: media.total(),
    reasoningTokens: null,
    sessionKey: readText(body, 'session_id') ?? readText(body, 'prompt_cache_key'),
    usesTools,
  }
  return reserved.length === 0 ? facts : { ...facts, reserved }
}

/** Its name is written only for who has to be told it. */
const requireMessage = (value: JsonValue, index: number): JsonObject => {
  const message = isJsonObject(value) ? value : requireObject(value, `messages[${index}]`)
  if (typeof message.role !== 'string' || message.role === '') requireText(message, 'role', `messages[${index}].`)
  return message
}

/** Tools that several servers of this format run themselves (Groq's `browser_search`, Moonshot's `builtin_function`, Zhipu's `web_search`) cost what its usage does not tell. */
const reserveTools = (tools: readonly JsonValue[], reserved: Reserved[]): void => {
  for (const [index, tool] of tools.entries()) {
    const type = isJsonObject(tool) ? (asText(tool.type) ?? 'function') : 'function'
    if (type !== 'function' && type !== 'custom') reserved.push({ param: `tools[${index}].type`, why: 'unmetered' })
  }
}

interface Media {
  readonly model: string
  readonly add: (tokens: number | null) => void
  readonly reserved: Reserved[]
  /** Which message it is. */
  readonly at: number
}

const countMessage = (message: JsonObject, media: Media): number => {
  let bytes = 0
  // On objects out of JSON.parse this reads their fields in order; by Object.keys each would be looked up by its name.
  for (const key in message) {
    const value = message[key]
    if (typeof value === 'string') bytes += countBytes(value)
    else if (key === 'content' && Array.isArray(value)) for (const part of value) bytes += countPart(part, media)
    else if (value !== null) {
      bytes += countJsonBytes(value)
      // A sound of an earlier answer, by its id.
      if (key === 'audio') media.reserved.push({ param: `messages[${media.at}].audio`, why: 'stored' })
    }
  }
  return bytes
}

const countPart = (part: JsonValue, media: Media): number => {
  if (!isJsonObject(part)) return countJsonBytes(part)
  switch (asText(part.type) ?? '') {
    case 'text':
      return countBytes(asText(part.text) ?? '')
    case 'image_url':
      media.add(boundImageTokens(media.model))
      return 0
    case 'input_audio':
      media.add(boundAudioTokens(asText(asObject(part.input_audio)?.data)?.length ?? 0))
      return 0
    case 'file': {
      const file = asObject(part.file)
      if (typeof file?.file_id === 'string')
        media.reserved.push({ param: `messages[${media.at}].content.file.file_id`, why: 'stored' })
      const source = readMediaUrl(asText(file?.file_data) ?? '')
      media.add(source.kind === 'base64' ? boundFileTokens(source.mediaType, source.data.length) : null)
      return countBytes(asText(file?.filename) ?? '')
    }
    case 'video_url':
      media.add(null)
      return 0
    default:
      return countJsonBytes(part)
  }
}
