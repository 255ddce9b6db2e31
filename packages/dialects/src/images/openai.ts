import { AppError } from '@atpar/core/errors'
import type { ImageRequest, Picture } from '@atpar/core/image'
import { isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'
import { asObject, asObjects, asText } from '../fields.ts'
import type { MediaInput, MediaProvider, MediaTarget } from '../media-contract.ts'
import { passFields, requireMedia, toFormTexts, usageOf } from '../media-input.ts'
import { parseEvent, SILENT_EVENT } from '../media-events.ts'
import { decodeError } from '../openai-errors.ts'
import { readCounts, toUnits } from '../token-counts.ts'
import { leastOutputTokens } from './picture-tokens.ts'

/** Text and pictures are told apart on both sides where the provider does; what it drew is pictures otherwise. */
const readUsage = (usage: JsonObject | null): ReportedUsage | null => {
  const counts = readCounts(usage, ['input_tokens', 'output_tokens'])
  const inputs = readCounts(asObject(usage?.input_tokens_details), ['text_tokens', 'image_tokens', 'cached_tokens'])
  const outputs = readCounts(asObject(usage?.output_tokens_details), ['text_tokens', 'image_tokens'])
  if (counts === undefined || inputs === undefined || outputs === undefined) return null
  if (counts.input_tokens === null || counts.output_tokens === null) return null
  const words = outputs.text_tokens ?? 0
  const units = toUnits({
    input_uncached: counts.input_tokens - (inputs.image_tokens ?? 0) - (inputs.cached_tokens ?? 0),
    cache_read: inputs.cached_tokens === 0 ? null : inputs.cached_tokens,
    image_in: inputs.image_tokens === 0 ? null : inputs.image_tokens,
    output_text: words === 0 ? null : words,
    image_out: counts.output_tokens - words,
  })
  return units === null ? null : { units, raw: usage }
}

const fieldsOf = (request: ImageRequest, { upstreamModel, sold }: MediaTarget): JsonObject => ({
  model: upstreamModel,
  prompt: request.prompt,
  n: request.count,
  ...(request.size === null ? {} : { size: request.size }),
  ...(request.quality === null ? {} : { quality: request.quality }),
  ...(request.background === null ? {} : { background: request.background }),
  ...(request.outputFormat === null ? {} : { output_format: request.outputFormat }),
  // What is sold by the piece answers with links unless asked otherwise; what is sold by the token has none.
  ...(sold.has('images') && !request.wantsLink ? { response_format: 'b64_json' } : {}),
})

const MEDIA_TYPES: Readonly<Record<string, string>> = { png: 'image/png', jpeg: 'image/jpeg', webp: 'image/webp' }

const readPicture = (item: JsonObject, mediaType: string): Picture => ({
  base64: asText(item.b64_json),
  link: asText(item.url),
  mediaType,
  revisedPrompt: asText(item.revised_prompt),
})

/** DALL·E's price list: by quality (3) and size. What it calls standard, at its smallest, is the ordinary price. */
const variantOf = ({ quality, size }: ImageRequest): string | null => {
  if (quality === null && size === null) return null
  return quality === null || quality === 'standard'
    ? `standard-${size ?? '1024x1024'}`
    : `${quality}-${size ?? '1024x1024'}`
}

/** https://platform.openai.com/docs/api-reference/images */
export const openaiImagesProvider: MediaProvider = {
  id: 'openai-images',
  task: 'image',
  encodeRequest: (media, target, input) => {
    const request = requireMedia('image', media)
    const fields = input === null ? fieldsOf(request, target) : passFields(input, { model: target.upstreamModel })
    const stream: Readonly<Record<string, JsonValue>> = input === null && request.stream ? { stream: true } : {}
    const answer = request.stream ? 'events' : 'json'
    const dropped = input === null ? request.unmapped : []
    if (request.sources.length === 0)
      return {
        path: '/images/generations',
        body: { kind: 'json', json: { ...fields, ...stream } },
        answer,
        passes: input !== null,
        dropped,
      }
    return {
      path: '/images/edits',
      body: { kind: 'form', fields: toFormTexts({ ...fields, ...stream }), files: placesOf(request, input) },
      answer,
      passes: input !== null,
      dropped,
    }
  },
  decodeAnswer: (body) => {
    if (!Array.isArray(body.data)) throw new AppError('upstream_malformed')
    const mediaType = MEDIA_TYPES[asText(body.output_format) ?? ''] ?? 'image/png'
    return {
      task: 'image',
      pictures: asObjects(body.data).map((item) => readPicture(item, mediaType)),
      usage: readUsage(usageOf(body)),
    }
  },
  readEvent: (event) => {
    const body = parseEvent(event)
    if (body === null) return SILENT_EVENT
    if (isJsonObject(body.error)) return { ...SILENT_EVENT, problem: decodeError(500, body) }
    const type = asText(body.type) ?? ''
    const isLast = type.endsWith('.completed')
    return {
      ...SILENT_EVENT,
      hasPicture: isLast || type.endsWith('.partial_image'),
      usage: isLast ? readUsage(usageOf(body)) : null,
      isLast,
    }
  },
  countUnits: (media, { sold }) => (sold.has('images') ? { images: requireMedia('image', media).count } : null),
  variant: (media) => variantOf(requireMedia('image', media)),
  estimate: (media) => {
    const request = requireMedia('image', media)
    return { text: request.prompt, units: { image_out: leastOutputTokens(request) } }
  },
  decodeError,
}

/** Parts keep the names the caller gave them: one picture is `image`, several are `image[]`. */
const placesOf = (request: ImageRequest, input: MediaInput | null) => [
  ...request.sources.map((file) => ({
    name: input?.files[file]?.name ?? (request.sources.length > 1 ? 'image[]' : 'image'),
    file,
  })),
  ...(request.mask === null ? [] : [{ name: 'mask', file: request.mask }]),
]
