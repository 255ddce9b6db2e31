import { z } from 'zod'

import { jsonAnswer, readTaskBody } from '../embeddings/read-task-body.ts'
import { countTexts, embed, toBase64 } from '../embeddings/vectors.ts'
import { countTextTokens } from '../generate/tokens.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import type { MediaRequest } from '../service/serve-media.ts'

const tokens = z.array(z.int().nonnegative()).min(1)

const schema = z.strictObject({
  model: z.string(),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2_048), tokens, z.array(tokens).min(1)]),
  encoding_format: z.enum(['float', 'base64']).default('float'),
  dimensions: z.int().positive().optional(),
  user: z.string().optional(),
})

const DIMENSIONS: Readonly<Record<string, number>> = { 'text-embedding-3-large': 3_072 }
const USUAL_DIMENSIONS = 1_536

type Input = string | number[]

const inputsOf = ({ input }: z.infer<typeof schema>): readonly Input[] => {
  if (typeof input === 'string') return [input]
  return typeof input[0] === 'number' ? [input as number[]] : (input as Input[])
}

/** POST /embeddings */
export function readEmbeddings(exchange: Exchange): MediaRequest {
  const asked = readTaskBody(exchange, schema)
  const most = DIMENSIONS[asked.model] ?? USUAL_DIMENSIONS
  if (asked.dimensions !== undefined && (asked.dimensions > most || asked.model === 'text-embedding-ada-002'))
    throw new Refusal(400, `Invalid value for 'dimensions' of ${asked.model}.`, { param: 'dimensions' })
  const inputs = inputsOf(asked)
  return {
    model: asked.model,
    words: inputs.findLast((input) => typeof input === 'string') ?? '',
    streamed: false,
    makeAnswer: ({ no_usage: isSilent = false }) => {
      const vectors = inputs.map((input) =>
        embed(typeof input === 'string' ? input : input.join(' '), asked.dimensions ?? most),
      )
      const counted = inputs.reduce(
        (sum, input) => sum + (typeof input === 'string' ? countTextTokens(input) : input.length),
        0,
      )
      return jsonAnswer(
        {
          object: 'list',
          data: vectors.map((vector, index) => ({
            object: 'embedding',
            index,
            embedding: asked.encoding_format === 'base64' ? toBase64(vector) : vector,
          })),
          model: asked.model === 'text-embedding-ada-002' ? 'text-embedding-ada-002-v2' : asked.model,
          ...(isSilent ? {} : { usage: { prompt_tokens: counted, total_tokens: counted } }),
        },
        { input_uncached: counted },
        { tellsUsage: !isSilent },
      )
    },
  }
}

const part = z.union([
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }),
])

const moderationSchema = z.strictObject({
  model: z.string().default('omni-moderation-latest'),
  input: z.union([z.string(), z.array(z.string()).min(1), z.array(part).min(1)]),
})

const CATEGORIES = ['harassment', 'hate', 'self-harm', 'sexual', 'violence', 'illicit'] as const

const judge = (text: string) => {
  const flags = CATEGORIES.map((category) => [category, text.toLowerCase().includes(category)] as const)
  return {
    flagged: flags.some(([, flagged]) => flagged),
    categories: Object.fromEntries(flags),
    category_scores: Object.fromEntries(flags.map(([category, flagged]) => [category, flagged ? 0.98 : 0.0001])),
    category_applied_input_types: Object.fromEntries(CATEGORIES.map((category) => [category, ['text']])),
  }
}

/** POST /moderations: free of charge, and no usage is told. */
export function readModeration(exchange: Exchange): MediaRequest {
  const { model, input } = readTaskBody(exchange, moderationSchema)
  const list = typeof input === 'string' ? [input] : input
  const texts = list.map((item) => (typeof item === 'string' ? item : item.type === 'text' ? item.text : ''))
  // Parts are one input together, strings one each.
  const judged = list.every((item) => typeof item === 'string') ? texts : [texts.join(' ')]
  return {
    model,
    words: texts.at(-1) ?? '',
    streamed: false,
    makeAnswer: () =>
      jsonAnswer(
        {
          id: `modr-${countTexts(texts)}`,
          model: model === 'omni-moderation-latest' ? 'omni-moderation-2024-09-26' : model,
          results: judged.map(judge),
        },
        { requests: 1 },
        { tellsUsage: false },
      ),
  }
}
