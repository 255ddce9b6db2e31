import type { JsonObject, JsonValue } from '@atpar/core/json'

import type { RequestFacts, Reserved } from '../contract.ts'
import {
  asObject,
  asText,
  readFlag,
  readList,
  readPositive,
  readText,
  requireList,
  requireObject,
  requireText,
} from '../fields.ts'
import { isStoredAddress } from '../media.ts'
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
import { camelize } from './fields.ts'
import { CONFIG, readBudget, readChoices, readConfig } from './request.ts'

interface Media {
  readonly model: string
  readonly add: (tokens: number | null) => void
  readonly reserved: Reserved[]
}

/** Reads what admission needs, without converting anything. @throws AppError `invalid_request` naming the field. */
export const readFacts = (raw: JsonObject): RequestFacts => {
  const body = camelize(raw)
  const model = requireText(body, 'model')
  const config = readConfig(body)
  const tools = readList(body, 'tools')
  const budget = readBudget(config)
  const tally = createMediaTally()
  const media: Media = { model, add: tally.add, reserved: [] }
  const instruction = body.systemInstruction
  let textBytes =
    REQUEST_OVERHEAD_BYTES +
    (typeof instruction === 'string' ? countBytes(instruction) : countParts(asObject(instruction), media))
  for (const [index, content] of requireList(body, 'contents').entries()) {
    textBytes += MESSAGE_OVERHEAD_BYTES + countParts(requireObject(content, `contents[${index}]`), media)
  }
  // Stored context is read as well, and the body does not tell its size.
  if (body.cachedContent !== undefined && body.cachedContent !== null) {
    tally.add(null)
    media.reserved.push({ param: 'cachedContent', why: 'stored' })
  }
  // What a search or an address brings is read as input, and no field bounds how much that is.
  if (tools?.some(readsTheWeb) === true) tally.add(null)
  const usesTools = tools !== null && tools.length > 0
  if (usesTools) {
    textBytes += TOOLS_OVERHEAD_BYTES + countJsonBytes(body.tools)
    reserveTools(tools, media.reserved)
  }
  textBytes += countJsonBytes(config.responseSchema) + countJsonBytes(config.responseJsonSchema)
  return {
    model,
    stream: readFlag(body, 'stream') ?? false,
    wantsUsage: true,
    maxOutputTokens: readPositive(config, 'maxOutputTokens', CONFIG),
    choices: readChoices(config),
    textBytes,
    mediaTokens: tally.total(),
    reasoningTokens: budget !== null && budget > 0 ? budget : null,
    sessionKey: readText(body, 'session_id'),
    usesTools,
    ...(media.reserved.length === 0 ? {} : { reserved: media.reserved }),
  }
}

/** Tools whose use is in the tokens (https://ai.google.dev/gemini-api/docs/pricing); searches, maps and whatever comes next are billed apart, and no answer says how often. */
const COUNTED_TOOLS = new Set(['functionDeclarations', 'codeExecution', 'urlContext', 'computerUse'])
/** Tools that read what an account keeps. */
const STORED_TOOLS = new Set(['fileSearch', 'retrieval'])

const reserveTools = (tools: readonly JsonValue[], reserved: Reserved[]): void => {
  for (const [index, tool] of tools.entries())
    for (const [key, value] of Object.entries(asObject(tool) ?? {})) {
      const name = key.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
      if (value === null || COUNTED_TOOLS.has(name)) continue
      reserved.push({ param: `tools[${index}].${key}`, why: STORED_TOOLS.has(name) ? 'stored' : 'unmetered' })
    }
}

/** In both spellings that the API takes. */
const WEB_TOOLS = [
  'googleSearch',
  'google_search',
  'googleSearchRetrieval',
  'google_search_retrieval',
  'urlContext',
  'url_context',
]

const readsTheWeb = (value: JsonValue): boolean => {
  const tool = asObject(value)
  return tool !== null && WEB_TOOLS.some((name) => tool[name] !== undefined && tool[name] !== null)
}

const countParts = (content: JsonObject | null, media: Media): number => {
  let bytes = 0
  for (const [index, value] of (content === null ? [] : (readList(content, 'parts') ?? [])).entries())
    bytes += countPart(camelize(requireObject(value, `parts[${index}]`)), media)
  return bytes
}

const countPart = (part: JsonObject, media: Media): number => {
  if (typeof part.text === 'string') return countBytes(part.text)
  const inline = asObject(part.inlineData)
  const file = asObject(part.fileData)
  if (inline === null && file === null) return countJsonBytes(part)
  const source = camelize(inline ?? file ?? {})
  const address = asText(source.fileUri)
  if (address !== null && isStoredAddress(address))
    media.reserved.push({ param: 'contents.parts.fileData.fileUri', why: 'stored' })
  media.add(
    boundMedia(asText(source.mimeType) ?? '', {
      length: inline === null ? null : (asText(source.data)?.length ?? 0),
      model: media.model,
    }),
  )
  return 0
}

const boundMedia = (
  mediaType: string,
  source: { readonly length: number | null; readonly model: string },
): number | null => {
  if (mediaType.startsWith('image/')) return boundImageTokens(source.model)
  if (source.length === null) return null
  return mediaType.startsWith('audio/') ? boundAudioTokens(source.length) : boundFileTokens(mediaType, source.length)
}
