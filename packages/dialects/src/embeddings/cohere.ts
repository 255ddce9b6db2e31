import type { EmbeddingPurpose } from '@atpar/core/embeddings'
import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'
import { asList, asObject } from '../fields.ts'
import { decodeError } from '../openai-errors.ts'
import { requireRequest } from '../require-request.ts'
import type { TaskProvider } from '../task-contract.ts'
import { readCounts } from '../token-counts.ts'
import { estimateInputs, requireTexts } from './texts.ts'
import { readVector, requireAll } from './vectors.ts'

const INPUT_TYPES: Readonly<Record<EmbeddingPurpose, string>> = {
  query: 'search_query',
  'question-answering': 'search_query',
  'fact-verification': 'search_query',
  'code-query': 'search_query',
  document: 'search_document',
  similarity: 'search_document',
  classification: 'classification',
  clustering: 'clustering',
}

/** Billed is what `meta.billed_units` says: https://docs.cohere.com/reference/embed */
const readUsage = (body: JsonObject): ReportedUsage | null => {
  const billed = asObject(asObject(body.meta)?.billed_units)
  const counts = readCounts(billed, ['input_tokens', 'images'])
  if (counts === undefined || counts.input_tokens === null) return null
  return { units: { input_uncached: counts.input_tokens }, raw: billed }
}

const readVectors = (body: JsonObject): readonly JsonValue[] => {
  const embeddings = asObject(body.embeddings)
  return asList(embeddings?.float ?? embeddings?.base64)
}

/** Version 2. The purpose is required there; without one the vectors are for documents, which is what gets embedded most. */
export const cohereEmbed: TaskProvider = {
  id: 'cohere-embed',
  task: 'embeddings',
  encodeRequest: (task, { upstreamModel }) => {
    const request = requireRequest('embeddings', task)
    return {
      path: '/embed',
      json: {
        model: upstreamModel,
        texts: requireTexts(request) as JsonValue[],
        input_type: INPUT_TYPES[request.purpose ?? 'document'],
        embedding_types: [request.encoding],
        ...(request.truncate === null ? {} : { truncate: request.truncate ? 'END' : 'NONE' }),
        ...(request.dimensions === null ? {} : { output_dimension: request.dimensions }),
      },
      dropped: [
        ...request.unmapped,
        ...(request.user === null ? [] : ['user']),
        ...(request.title === null ? [] : ['title']),
      ],
    }
  },
  decodeAnswer: (body, task) => ({
    task: 'embeddings',
    vectors: requireAll(readVectors(body).map(readVector), requireRequest('embeddings', task)),
    servedModel: null,
    usage: readUsage(body),
  }),
  readOutcome: (body) => ({ usage: readUsage(body), servedModel: null, hasContent: readVectors(body).length > 0 }),
  estimate: (task) => estimateInputs(requireRequest('embeddings', task)),
  decodeError,
}
