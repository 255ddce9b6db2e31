import type { ImageAnswer, ImageRequest } from '@atpar/core/image'
import { exactNumber, type JsonObject } from '@atpar/core/json'
import { countInputTokens, countOutputTokens } from '@atpar/core/usage'
import { GATEWAY_FIELDS } from '../contract.ts'
import { invalidField, listUnmapped, readFlag, readNumber, readText, requireText } from '../fields.ts'
import type { MediaAnswer, MediaCaller, MediaInput } from '../media-contract.ts'
import { filesNamed, PLAIN_FACTS, requireFile, requireMedia, typeFields } from '../media-input.ts'
import { countBytes, REQUEST_OVERHEAD_BYTES } from '../text-bytes.ts'
import { boundOutputTokens, MAX_INPUT_IMAGE_TOKENS, PLAIN_INPUT_IMAGE_TOKENS } from './picture-tokens.ts'

const MAX_PICTURES = 10
/** https://platform.openai.com/docs/api-reference/images/create: the longest any of the models takes. */
const MAX_PROMPT_CHARACTERS = 32_000
const FORM_TYPES = { n: 'number', stream: 'flag', partial_images: 'number', output_compression: 'number' } as const

const KNOWN = new Set([
  'model',
  'prompt',
  'n',
  'size',
  'quality',
  'background',
  'output_format',
  'response_format',
  'stream',
  ...GATEWAY_FIELDS,
])

const readPrompt = (body: JsonObject): string => {
  const prompt = requireText(body, 'prompt')
  if (prompt.length > MAX_PROMPT_CHARACTERS)
    throw invalidField('prompt', `has ${prompt.length} characters; at most ${MAX_PROMPT_CHARACTERS} fit.`)
  return prompt
}

const readCount = (body: JsonObject): number => readNumber(body, 'n', { min: 1, max: MAX_PICTURES, integer: true }) ?? 1

const named = (value: string | null): string | null => (value === 'auto' ? null : value)

const read = (input: MediaInput): ImageRequest => {
  const body = typeFields(input, FORM_TYPES)
  const outputFormat = readText(body, 'output_format')
  if (outputFormat !== null && !['png', 'jpeg', 'webp'].includes(outputFormat))
    throw invalidField('output_format', 'must be "png", "jpeg" or "webp".')
  const [mask = null] = filesNamed(input.files, 'mask')
  return {
    task: 'image',
    model: requireText(body, 'model'),
    prompt: readPrompt(body),
    count: readCount(body),
    size: named(readText(body, 'size')),
    quality: named(readText(body, 'quality')),
    background: named(readText(body, 'background')),
    outputFormat,
    wantsLink: readText(body, 'response_format') === 'url',
    stream: readFlag(body, 'stream') ?? false,
    sources: filesNamed(input.files, 'image'),
    mask,
    unmapped: listUnmapped(body, KNOWN),
  }
}

/** OpenAI's images: https://platform.openai.com/docs/api-reference/images */
export const openaiImagesCaller: MediaCaller = {
  id: 'openai-images',
  task: 'image',
  readFacts: (input) => {
    const request = read(input)
    const body = typeFields(input, FORM_TYPES)
    const partials = readNumber(body, 'partial_images', { min: 0, max: 3, integer: true }) ?? 0
    const perSource = readText(body, 'input_fidelity') === 'high' ? MAX_INPUT_IMAGE_TOKENS : PLAIN_INPUT_IMAGE_TOKENS
    return {
      ...PLAIN_FACTS,
      model: request.model,
      stream: request.stream,
      textBytes: REQUEST_OVERHEAD_BYTES + countBytes(request.prompt),
      mediaTokens: input.files.length * perSource,
      maxOutputTokens: boundOutputTokens(request, partials),
      units: { images: request.count },
    }
  },
  decodeRequest: read,
  encodeAnswer: (answer, _request, { createdAtMs, costUsd }) => {
    const { pictures, usage } = requirePictures(answer)
    const tokens = usage === null ? null : writeUsage(usage.units)
    return {
      contentType: 'application/json',
      body: JSON.stringify({
        created: Math.floor(createdAtMs / 1000),
        data: pictures.map(({ base64, link, revisedPrompt }) => ({
          ...(base64 === null ? {} : { b64_json: base64 }),
          ...(link === null ? {} : { url: link }),
          ...(revisedPrompt === null ? {} : { revised_prompt: revisedPrompt }),
        })),
        ...(tokens === null && costUsd === null
          ? {}
          : { usage: { ...tokens, ...(costUsd === null ? {} : { cost: exactNumber(costUsd) }) } }),
      }),
    }
  },
  encodeEvents: (answer, request) => {
    const { pictures, usage } = requirePictures(answer)
    const kind = requireMedia('image', request).sources.length > 0 ? 'image_edit' : 'image_generation'
    return pictures
      .map((picture, index) => {
        const isLast = index === pictures.length - 1
        const event = {
          type: `${kind}.completed`,
          b64_json: picture.base64,
          output_format: picture.mediaType.replace('image/', ''),
          ...(isLast && usage !== null ? { usage: writeUsage(usage.units) } : {}),
        }
        return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
      })
      .join('')
  },
}

const writeUsage = (units: Parameters<typeof countInputTokens>[0]) => {
  const input = countInputTokens(units)
  const output = countOutputTokens(units)
  return {
    input_tokens: input,
    input_tokens_details: { text_tokens: input - (units.image_in ?? 0), image_tokens: units.image_in ?? 0 },
    output_tokens: output,
    total_tokens: input + output,
  }
}

const requirePictures = (answer: MediaAnswer): ImageAnswer => {
  if (answer.task === 'image') return answer
  throw new TypeError(`an answer of ${answer.task} in a format of pictures`)
}

/** Likewise, with pictures to start from: https://platform.openai.com/docs/api-reference/images/createEdit */
export const openaiImageEditsCaller: MediaCaller = {
  ...openaiImagesCaller,
  readFacts: (input) => {
    requireFile(input.files, 'image')
    return openaiImagesCaller.readFacts(input)
  },
}
