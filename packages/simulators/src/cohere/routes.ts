import { z } from 'zod'

import { jsonAnswer, readTaskBody } from '../embeddings/read-task-body.ts'
import { countTexts, embed, rank, toBase64 } from '../embeddings/vectors.ts'
import { countTextTokens } from '../generate/tokens.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange } from '../service/context.ts'
import type { FindRoute } from '../service/route.ts'
import { cohereChat } from './chat-format.ts'
import type { MediaRequest, MediaTarget } from '../service/serve-media.ts'

/** Cohere's errors: `{"id", "message"}`. */
export const cohereErrors: MediaTarget['errors'] = {
  writeError: (refusal, { requestId }) => JSON.stringify({ id: requestId, message: refusal.message }),
  responseHeaders: ({ requestId }) => ({ 'x-request-id': requestId }),
}

function checkBearer({ request }: Exchange): void {
  const key = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined) throw new Refusal(401, 'no api key supplied')
  if (key.startsWith('invalid')) throw new Refusal(401, 'invalid api token')
}

const embedSchema = z.strictObject({
  model: z.string(),
  texts: z.array(z.string()).min(1).max(96),
  input_type: z.enum(['search_document', 'search_query', 'classification', 'clustering', 'image']),
  embedding_types: z.array(z.enum(['float', 'base64', 'int8', 'uint8', 'binary', 'ubinary'])).default(['float']),
  truncate: z.enum(['NONE', 'START', 'END']).default('END'),
  output_dimension: z.union([z.literal(256), z.literal(512), z.literal(1_024), z.literal(1_536)]).optional(),
  max_tokens: z.int().optional(),
})

const META = { api_version: { version: '2' } }

/** POST /v2/embed */
function readEmbed(exchange: Exchange): MediaRequest {
  const asked = readTaskBody(exchange, embedSchema)
  return {
    model: asked.model,
    words: asked.texts.at(-1) ?? '',
    streamed: false,
    makeAnswer: () => {
      const vectors = asked.texts.map((text) => embed(text, asked.output_dimension ?? 1_536))
      const tokens = countTexts(asked.texts)
      return jsonAnswer(
        {
          id: exchange.requestId,
          texts: asked.texts,
          embeddings: {
            ...(asked.embedding_types.includes('float') ? { float: vectors } : {}),
            ...(asked.embedding_types.includes('base64') ? { base64: vectors.map(toBase64) } : {}),
          },
          meta: { ...META, billed_units: { input_tokens: tokens } },
          response_type: 'embeddings_by_type',
        },
        { input_uncached: tokens },
      )
    },
  }
}

const rerankSchema = z.strictObject({
  model: z.string(),
  query: z.string().min(1),
  documents: z.array(z.string()).min(1).max(10_000),
  top_n: z.int().positive().optional(),
  max_tokens_per_doc: z.int().positive().default(4_096),
  priority: z.int().optional(),
})

/** A search is a query with up to 100 documents; a document and the query that are longer than 500 tokens count as several. */
const countSearches = ({ query, documents, max_tokens_per_doc: most }: z.infer<typeof rerankSchema>): number => {
  const room = Math.max(1, 500 - countTextTokens(query))
  const pieces = documents.reduce(
    (sum, document) => sum + Math.max(1, Math.ceil(Math.min(most, countTextTokens(document)) / room)),
    0,
  )
  return Math.ceil(pieces / 100)
}

/** POST /v2/rerank */
function readRerank(exchange: Exchange): MediaRequest {
  const asked = readTaskBody(exchange, rerankSchema)
  return {
    model: asked.model,
    words: asked.query,
    streamed: false,
    makeAnswer: () => {
      const searches = countSearches(asked)
      const results = rank(asked.query, asked.documents).slice(0, asked.top_n ?? asked.documents.length)
      return jsonAnswer(
        {
          id: exchange.requestId,
          results: results.map(({ index, score }) => ({ index, relevance_score: score })),
          meta: { ...META, billed_units: { search_units: searches } },
        },
        { searches },
      )
    },
  }
}

const READERS: Readonly<Record<string, MediaTarget['read']>> = { '/embed': readEmbed, '/rerank': readRerank }

export const findCohereRoute: FindRoute = ({ method, path, provider }) => {
  if (method === 'POST' && path === '/chat')
    return { kind: 'generate', format: cohereChat, model: null, streamed: false, checkKey: checkBearer }
  const read = method === 'POST' ? READERS[path] : undefined
  if (read !== undefined) return { kind: 'media', errors: cohereErrors, checkKey: checkBearer, read }
  if (method !== 'GET' || path !== '/models') return undefined
  return {
    kind: 'document',
    checkKey: checkBearer,
    write: () => ({ models: provider.models.map((name) => ({ name })) }),
  }
}
