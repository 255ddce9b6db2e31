import { z } from 'zod'

import { jsonAnswer, readTaskBody } from '../embeddings/read-task-body.ts'
import { countTexts, embed, rank, toBase64 } from '../embeddings/vectors.ts'
import { countTextTokens } from '../generate/tokens.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import type { FindRoute } from '../service/route.ts'
import type { MediaRequest, MediaTarget } from '../service/serve-media.ts'

/** Jina's errors: `{"detail"}`. */
export const jinaErrors: MediaTarget['errors'] = {
  writeError: (refusal) => JSON.stringify({ detail: refusal.message }),
  responseHeaders: ({ requestId }) => ({ 'x-request-id': requestId }),
}

function checkBearer({ request }: Exchange): void {
  const key = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined || key.startsWith('invalid'))
    throw new Refusal(401, 'Unauthorized: the API key is missing or invalid.')
}

const document = z.union([z.string(), z.strictObject({ text: z.string() })])
const textOf = (item: z.infer<typeof document>): string => (typeof item === 'string' ? item : item.text)

const embeddingsSchema = z.strictObject({
  model: z.string(),
  input: z.union([z.string(), z.array(document).min(1).max(2_048)]),
  task: z
    .enum([
      'retrieval.query',
      'retrieval.passage',
      'text-matching',
      'classification',
      'separation',
      'code.query',
      'code.passage',
    ])
    .optional(),
  dimensions: z.int().positive().max(2_048).optional(),
  embedding_type: z.enum(['float', 'base64', 'binary', 'ubinary']).default('float'),
  normalized: z.boolean().optional(),
  late_chunking: z.boolean().optional(),
  truncate: z.boolean().optional(),
})

const DIMENSIONS: Readonly<Record<string, number>> = { 'jina-embeddings-v4': 2_048 }

/** POST /embeddings */
function readEmbeddings(exchange: Exchange): MediaRequest {
  const asked = readTaskBody(exchange, embeddingsSchema)
  const texts = typeof asked.input === 'string' ? [asked.input] : asked.input.map(textOf)
  return {
    model: asked.model,
    words: texts.at(-1) ?? '',
    streamed: false,
    makeAnswer: () => {
      const tokens = countTexts(texts)
      const data = texts.map((text, index) => {
        const vector = embed(text, asked.dimensions ?? DIMENSIONS[asked.model] ?? 1_024)
        return { object: 'embedding', index, embedding: asked.embedding_type === 'base64' ? toBase64(vector) : vector }
      })
      return jsonAnswer(
        { model: asked.model, object: 'list', usage: { total_tokens: tokens, prompt_tokens: tokens }, data },
        { input_uncached: tokens },
      )
    },
  }
}

const rerankSchema = z.strictObject({
  model: z.string(),
  query: z.string().min(1),
  documents: z.array(document).min(1).max(2_048),
  top_n: z.int().positive().optional(),
  return_documents: z.boolean().default(true),
})

/** POST /rerank: the query is read with every document. */
function readRerank(exchange: Exchange): MediaRequest {
  const asked = readTaskBody(exchange, rerankSchema)
  const documents = asked.documents.map(textOf)
  return {
    model: asked.model,
    words: asked.query,
    streamed: false,
    makeAnswer: () => {
      const tokens = countTextTokens(asked.query) * documents.length + countTexts(documents)
      const results = rank(asked.query, documents)
        .slice(0, asked.top_n ?? documents.length)
        .map(({ index, score }) => ({
          index,
          relevance_score: score,
          ...(asked.return_documents ? { document: { text: documents[index] } } : {}),
        }))
      return jsonAnswer(
        { model: asked.model, object: 'list', usage: { total_tokens: tokens }, results },
        { input_uncached: tokens },
      )
    },
  }
}

const READERS: Readonly<Record<string, MediaTarget['read']>> = {
  '/embeddings': readEmbeddings,
  '/rerank': readRerank,
}

export const findJinaRoute: FindRoute = ({ method, path, provider }) => {
  const read = method === 'POST' ? READERS[path] : undefined
  if (read !== undefined) return { kind: 'media', errors: jinaErrors, checkKey: checkBearer, read }
  if (method !== 'GET' || path !== '/models') return undefined
  return { kind: 'document', checkKey: checkBearer, write: () => ({ data: provider.models.map((id) => ({ id })) }) }
}
