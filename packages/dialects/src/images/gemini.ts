import { AppError } from '@atpar/core/errors'
import type { ImageRequest, Picture } from '@atpar/core/image'
import type { JsonObject } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'
import { asObject, asObjects, asText } from '../fields.ts'
import { decodeError } from '../google-problem.ts'
import type { MediaProvider } from '../media-contract.ts'
import { SILENT_EVENT } from '../media-events.ts'
import { requireMedia } from '../media-input.ts'
import { readCounts, toUnits } from '../token-counts.ts'

const RATIOS: Readonly<Record<string, string>> = {
  '1024x1024': '1:1',
  '512x512': '1:1',
  '256x256': '1:1',
  '1024x1536': '2:3',
  '1536x1024': '3:2',
  '1024x1792': '9:16',
  '1792x1024': '16:9',
  '1024x1365': '3:4',
  '1365x1024': '4:3',
}
/** Imagen has fewer: https://ai.google.dev/gemini-api/docs/imagen#imagen-configuration */
const IMAGEN_RATIOS: Readonly<Record<string, string>> = { '2:3': '3:4', '3:2': '4:3' }

const ratioOf = ({ size }: ImageRequest): string | null => {
  if (size === null) return null
  const ratio = RATIOS[size]
  if (ratio === undefined)
    throw new AppError('unsupported_parameter', {
      param: 'size',
      message: `size "${size}" has no counterpart at this provider. It draws: ${Object.keys(RATIOS).join(', ')}.`,
    })
  return ratio
}

const unsupported = (param: string, message: string): AppError =>
  new AppError('unsupported_parameter', { param, message })

/**
 * Pictures of Google's models in both of its ways: models sold by the token answer generateContent, those sold by the piece (Imagen) predict.
 * https://ai.google.dev/gemini-api/docs/image-generation and https://ai.google.dev/gemini-api/docs/imagen
 */
export const geminiImagesProvider: MediaProvider = {
  id: 'gemini-images',
  task: 'image',
  encodeRequest: (media, { upstreamModel, sold }) => {
    const request = requireMedia('image', media)
    if (request.sources.length > 0)
      throw unsupported('image', 'This provider changes pictures in a conversation only: send it as a chat.')
    const ratio = ratioOf(request)
    const dropped = [
      ...request.unmapped,
      ...(request.quality === null ? [] : ['quality']),
      ...(request.background === null ? [] : ['background']),
      ...(request.outputFormat === null ? [] : ['output_format']),
      ...(request.wantsLink ? ['response_format'] : []),
    ]
    if (sold.has('images')) {
      const shape = ratio === null ? {} : { aspectRatio: IMAGEN_RATIOS[ratio] ?? ratio }
      return {
        path: `/models/${upstreamModel}:predict`,
        body: {
          kind: 'json',
          json: { instances: [{ prompt: request.prompt }], parameters: { sampleCount: request.count, ...shape } },
        },
        answer: 'json',
        passes: false,
        dropped,
      }
    }
    if (request.count > 1) throw unsupported('n', 'This model draws one picture a request.')
    return {
      path: `/models/${upstreamModel}:generateContent`,
      body: {
        kind: 'json',
        json: {
          contents: [{ role: 'user', parts: [{ text: request.prompt }] }],
          generationConfig: {
            responseModalities: ['IMAGE'],
            ...(ratio === null ? {} : { imageConfig: { aspectRatio: ratio } }),
          },
        },
      },
      answer: 'json',
      passes: false,
      dropped,
    }
  },
  decodeAnswer: (body) => {
    const predicted = asObjects(body.predictions)
    const pictures = predicted.length > 0 ? predicted.flatMap(readPrediction) : readCandidates(body)
    if (pictures.length === 0) throw new AppError('upstream_malformed')
    return { task: 'image', pictures, usage: readUsage(asObject(body.usageMetadata)) }
  },
  readEvent: () => SILENT_EVENT,
  countUnits: (media, { sold }) => (sold.has('images') ? { images: requireMedia('image', media).count } : null),
  variant: () => null,
  estimate: (media) => ({ text: requireMedia('image', media).prompt, units: {} }),
  decodeError,
}

const pictureOf = (base64: string, mediaType: string | null): Picture => ({
  base64,
  link: null,
  mediaType: mediaType ?? 'image/png',
  revisedPrompt: null,
})

const readPrediction = (item: JsonObject): readonly Picture[] => {
  const base64 = asText(item.bytesBase64Encoded)
  return base64 === null ? [] : [pictureOf(base64, asText(item.mimeType))]
}

const readCandidates = (body: JsonObject): readonly Picture[] =>
  asObjects(body.candidates).flatMap((candidate) =>
    asObjects(asObject(candidate.content)?.parts).flatMap((part) => {
      const inline = asObject(part.inlineData)
      const base64 = asText(inline?.data)
      return base64 === null ? [] : [pictureOf(base64, asText(inline?.mimeType))]
    }),
  )

/** Everything a model sold by the token draws is pictures, but for the words its details tell apart. */
const readUsage = (usage: JsonObject | null): ReportedUsage | null => {
  const counts = readCounts(usage, ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount'])
  if (counts === undefined || counts.promptTokenCount === null || counts.candidatesTokenCount === null) return null
  const words = asObjects(usage?.candidatesTokensDetails).find(({ modality }) => modality === 'TEXT')?.tokenCount
  const text = typeof words === 'number' ? words : 0
  const units = toUnits({
    input_uncached: counts.promptTokenCount,
    output_text: text === 0 ? null : text,
    output_reasoning: counts.thoughtsTokenCount,
    image_out: counts.candidatesTokenCount - text,
  })
  return units === null ? null : { units, raw: usage }
}
