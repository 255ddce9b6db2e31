import { z } from 'zod'

import { jsonAnswer, readTaskBody } from '../embeddings/read-task-body.ts'
import { countTexts, embed } from '../embeddings/vectors.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import type { MediaRequest } from '../service/serve-media.ts'

const one = z.strictObject({
  model: z.string().optional(),
  content: z.strictObject({ role: z.string().optional(), parts: z.array(z.strictObject({ text: z.string() })).min(1) }),
  taskType: z
    .enum([
      'RETRIEVAL_QUERY',
      'RETRIEVAL_DOCUMENT',
      'SEMANTIC_SIMILARITY',
      'CLASSIFICATION',
      'CLUSTERING',
      'QUESTION_ANSWERING',
      'FACT_VERIFICATION',
      'CODE_RETRIEVAL_QUERY',
    ])
    .optional(),
  title: z.string().optional(),
  outputDimensionality: z.int().positive().max(3_072).optional(),
})
const many = z.strictObject({ requests: z.array(one).min(1).max(100) })

/** The first generation tells no usage, later ones do. */
const tells = (model: string): boolean => !model.endsWith('-001')

/** POST /models/{model}:embedContent and :batchEmbedContents */
export const readEmbedding =
  (model: string, isBatch: boolean) =>
  (exchange: Exchange): MediaRequest => {
    const requests = isBatch ? readTaskBody(exchange, many).requests : [readTaskBody(exchange, one)]
    for (const request of requests)
      if (isBatch && request.model !== `models/${model}`)
        throw new Refusal(400, 'Requests in batch must have the same model as the batch itself.')
    const texts = requests.map(({ content }) => content.parts.map(({ text }) => text).join(''))
    return {
      model,
      words: texts.at(-1) ?? '',
      streamed: false,
      makeAnswer: () => {
        const embeddings = requests.map(({ outputDimensionality = 3_072 }, index) => ({
          values: embed(texts[index] ?? '', outputDimensionality),
        }))
        const tokens = countTexts(texts)
        const usage = tells(model) ? { usageMetadata: { promptTokenCount: tokens } } : {}
        return jsonAnswer(
          isBatch ? { embeddings, ...usage } : { embedding: embeddings[0], ...usage },
          { input_uncached: tokens },
          { tellsUsage: tells(model) },
        )
      },
    }
  }
