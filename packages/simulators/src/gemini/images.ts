import { z } from 'zod'

import { countPromptTokens } from '../generate/tokens.ts'
import { paint } from '../media/pictures.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import { parseJson } from '../service/parse-json.ts'
import type { MediaRequest } from '../service/serve-media.ts'
import { readGenerateRequest } from './request.ts'

/** Output tokens of a picture, https://ai.google.dev/gemini-api/docs/pricing */
const TOKENS_PER_PICTURE = 1_290

/** generateContent of a model that draws. */
export const readDrawing =
  (model: string, streamed: boolean) =>
  ({ body, requestId }: Exchange): MediaRequest => {
    const asked = readGenerateRequest(parseJson(body.toString()), { model, streamed })
    const input = countPromptTokens(asked.prompt)
    return {
      model,
      words: asked.lastUserText,
      streamed,
      makeAnswer: (directive) => {
        const answer = {
          candidates: [
            {
              content: {
                role: 'model',
                parts: [{ inlineData: { mimeType: 'image/png', data: paint(asked.lastUserText, 0) } }],
              },
              finishReason: 'STOP',
              index: 0,
            },
          ],
          ...(directive.no_usage === true
            ? {}
            : {
                usageMetadata: {
                  promptTokenCount: input,
                  candidatesTokenCount: TOKENS_PER_PICTURE,
                  totalTokenCount: input + TOKENS_PER_PICTURE,
                  promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
                  candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: TOKENS_PER_PICTURE }],
                },
              }),
          modelVersion: model,
          responseId: requestId,
        }
        const text = JSON.stringify(answer)
        return {
          contentType: streamed ? 'text/event-stream' : 'application/json; charset=UTF-8',
          pieces: [streamed ? `data: ${text}\r\n\r\n` : text],
          usage: { input_uncached: input, image_out: TOKENS_PER_PICTURE },
          tellsUsage: directive.no_usage !== true,
        }
      },
    }
  }

const predictSchema = z.strictObject({
  instances: z.array(z.strictObject({ prompt: z.string().min(1) })).length(1),
  parameters: z
    .strictObject({
      sampleCount: z.int().min(1).max(4).default(4),
      aspectRatio: z.enum(['1:1', '3:4', '4:3', '9:16', '16:9']).optional(),
      imageSize: z.string().optional(),
      personGeneration: z.string().optional(),
    })
    .optional(),
})

/** predict, as Imagen speaks it: pictures by the piece. */
export const readPrediction =
  (model: string) =>
  ({ body }: Exchange): MediaRequest => {
    const parsed = predictSchema.safeParse(parseJson(body.toString()))
    if (!parsed.success) throw new Refusal(400, z.prettifyError(parsed.error))
    const prompt = parsed.data.instances[0]?.prompt ?? ''
    const count = parsed.data.parameters?.sampleCount ?? 4
    return {
      model,
      words: prompt,
      streamed: false,
      makeAnswer: () => ({
        contentType: 'application/json; charset=UTF-8',
        pieces: [
          JSON.stringify({
            predictions: Array.from({ length: count }, (_, index) => ({
              mimeType: 'image/png',
              bytesBase64Encoded: paint(prompt, index),
            })),
          }),
        ],
        usage: { images: count },
        tellsUsage: false,
      }),
    }
  }
