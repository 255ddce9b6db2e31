import { z } from 'zod'

import { jsonAnswer, readTaskBody } from '../embeddings/read-task-body.ts'
import { countTexts, embed, rank, toBase64 } from '../embeddings/vectors.ts'
import { countTextTokens } from '../generate/tokens.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import type { FindRoute } from '../service/route.ts'
import type { MediaRequest, MediaTarget } from '../service/serve-media.ts'

/** Voyage's errors: `{"detail"}`. */
export const voyageErrors: MediaTarget['errors'] = {
  writeError: (refusal) => JSON.stringify({ detail: refusal.message }),
  responseHeaders: ({ requestId }) => ({ 'x-request-id': requestId }),
}

function checkBearer({ request }: Exchange): void {
  const key = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined || key.startsWith('invalid')) throw new Refusal(401, 'Provided API key is invalid.')
}

const embeddingsSchema = z.strictObject({
  model: z.string(),
  input: z.union([z.string(), z.array(z.string()).min(1).max(1_000)]),
  input_type: z.enum(['query', 'document']).nullable().optional(),
  truncation: z.boolean().default(true),
  output_dimension: z.union([z.literal(256), z.literal(512), z.literal(1_024), z.literal(2_048)]).optional(),
  output_dtype: z.enum(['float', 'int8', 'uint8', 'binary', 'ubinary']).default('float'),
  encoding_format: z.literal('base64').nullable().optional(),
})

/** POST /embeddings */
function readEmbeddings(exchange: Exchange): MediaRequest {
  const asked = readTaskBody(exchange, embeddingsSchema)
  const texts = typeof asked.input === 'string' ? [asked.input] : asked.input
  return {
    model: asked.model,
    words: texts.at(-1) ?? '',
    streamed: false,
    makeAnswer: () => {
      const tokens = countTexts(texts)
      const data = texts.map((text, index) => {
        const vector = embed(text, asked.output_dimension ?? 1_024)
        return { object: 'embedding', embedding: asked.encoding_format === 'base64' ? toBase64(vector) : vector, index }
      })
      return jsonAnswer(
        { object: 'list', data, model: asked.model, usage: { total_tokens: tokens } },
        { input_uncached: tokens },
      )
    },
  }
}

const rerankSchema = z.strictObject({
  model: z.string(),
  query: z.string().min(1),
  documents: z.array(z.string()).min(1).max(1_000),
  top_k: z.int().positive().nullable().optional(),
  return_documents: z.boolean().default(false),
  truncation: z.boolean().default(true),
})

/** POST /rerank: the query is read with every document. */
function readRerank(exchange: Exchange): MediaRequest {
  const asked = readTaskBody(exchange, rerankSchema)
  return {
    model: asked.model,
    words: asked.query,
    streamed: false,
    makeAnswer: () => {
      const tokens = countTextTokens(asked.query) * asked.documents.length + countTexts(asked.documents)
      const data = rank(asked.query, asked.documents)
        .slice(0, asked.top_k ?? asked.documents.length)
        .map(({ index, score }) => ({
          index,
          relevance_score: score,
          ...(asked.return_documents ? { document: asked.documents[index] } : {}),
        }))
      return jsonAnswer(
        { object: 'list', data, model: asked.model, usage: { total_tokens: tokens } },
        { input_uncached: tokens },
      )
    },
  }
}

const READERS: Readonly<Record<string, MediaTarget['read']>> = {
  '/embeddings': readEmbeddings,
  '/rerank': readRerank,
}

export const findVoyageRoute: FindRoute = ({ method, path, provider }) => {
  const read = method === 'POST' ? READERS[path] : undefined
  if (read !== undefined) return { kind: 'media', errors: voyageErrors, checkKey: checkBearer, read }
  if (method !== 'GET' || path !== '/models') return undefined
  return { kind: 'document', checkKey: checkBearer, write: () => ({ data: provider.models.map((id) => ({ id })) }) }
}
