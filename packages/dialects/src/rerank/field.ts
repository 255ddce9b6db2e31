import { exactNumber, isJsonObject, type JsonObject, type JsonValue } from '@atpar/core/json'
import type { RerankRequest } from '@atpar/core/rerank'
import { countInputTokens } from '@atpar/core/usage'
import { GATEWAY_FIELDS } from '../contract.ts'
import { asText, invalidField, listUnmapped, readFlag, readPositive, requireList, requireText } from '../fields.ts'
import { requireAnswer } from '../require-request.ts'
import type { TaskCaller } from '../task-contract.ts'
import { countBytes, REQUEST_OVERHEAD_BYTES } from '../text-bytes.ts'

/** Cohere's limit, the largest of all. */
const MAX_DOCUMENTS = 10_000
const DOCUMENT_OVERHEAD_BYTES = 8
/** One search ranks up to 100 documents; one longer than 500 tokens, the query included, counts as several: https://docs.cohere.com/docs/rerank-overview */
const DOCUMENTS_PER_SEARCH = 100
const TOKENS_PER_DOCUMENT = 500

const KNOWN = new Set([
  'model',
  'query',
  'documents',
  'top_n',
  'return_documents',
  'max_tokens_per_doc',
  'truncation',
  ...GATEWAY_FIELDS,
])

/** A document is a text, or an object with one. */
const textOf = (document: JsonValue, index: number): string => {
  const text = typeof document === 'string' ? document : isJsonObject(document) ? asText(document.text) : null
  if (text === null) throw invalidField(`documents[${index}]`, 'must be a string or an object with a "text".')
  return text
}

const readDocuments = (body: JsonObject): readonly string[] => {
  const documents = requireList(body, 'documents')
  if (documents.length > MAX_DOCUMENTS)
    throw invalidField('documents', `has ${documents.length} items; at most ${MAX_DOCUMENTS} fit one request.`)
  return documents.map(textOf)
}

const decodeRequest = (body: JsonObject): RerankRequest => ({
  task: 'rerank',
  model: requireText(body, 'model'),
  query: requireText(body, 'query'),
  documents: readDocuments(body),
  topN: readPositive(body, 'top_n'),
  maxTokensPerDocument: readPositive(body, 'max_tokens_per_doc'),
  truncate: readFlag(body, 'truncation'),
  unmapped: listUnmapped(body, KNOWN),
})

/** The most searches a list can count as: a token is at least a byte, and a query leaves at least a tenth of a piece to the document. */
const boundSearches = (queryBytes: number, documents: readonly number[]): number => {
  const room = Math.max(TOKENS_PER_DOCUMENT / 10, TOKENS_PER_DOCUMENT - queryBytes)
  const pieces = documents.reduce((sum, bytes) => sum + Math.max(1, Math.ceil(bytes / room)), 0)
  return Math.ceil(pieces / DOCUMENTS_PER_SEARCH)
}

/** What Cohere and Jina made the field's standard, and what clients of either send: https://docs.cohere.com/reference/rerank, https://jina.ai/reranker */
export const rerankCaller: TaskCaller = {
  id: 'rerank',
  task: 'rerank',
  readFacts: (body) => {
    const queryBytes = countBytes(requireText(body, 'query'))
    const documents = readDocuments(body).map(countBytes)
    readPositive(body, 'top_n')
    readFlag(body, 'return_documents')
    // Token-priced models read the query with each document again: https://docs.voyageai.com/docs/reranker
    let textBytes = REQUEST_OVERHEAD_BYTES
    for (const bytes of documents) textBytes += DOCUMENT_OVERHEAD_BYTES + queryBytes + bytes
    return {
      model: requireText(body, 'model'),
      stream: false,
      wantsUsage: true,
      maxOutputTokens: 0,
      choices: 1,
      textBytes,
      mediaTokens: 0,
      reasoningTokens: null,
      sessionKey: null,
      usesTools: false,
      inputs: documents.length,
      units: { searches: boundSearches(queryBytes, documents) },
    }
  },
  decodeRequest,
  encodeAnswer: (answer, facts) => {
    const { results, usage, providerId } = requireAnswer('rerank', answer)
    const documents = facts.body.return_documents === true ? readDocuments(facts.body) : null
    const tokens = usage === null ? 0 : countInputTokens(usage.units)
    const searches = usage?.units.searches
    return {
      id: providerId ?? facts.generationId,
      object: 'list',
      model: facts.model,
      results: results.map(({ index, score }) => ({
        index,
        relevance_score: score,
        ...(documents === null ? {} : { document: { text: documents[index] ?? '' } }),
      })),
      meta: { billed_units: searches === undefined ? { input_tokens: tokens } : { search_units: searches } },
      usage: {
        prompt_tokens: tokens,
        total_tokens: tokens,
        ...(searches === undefined ? {} : { search_units: searches }),
        ...(facts.costUsd === null ? {} : { cost: exactNumber(facts.costUsd) }),
      },
    }
  },
  costEdits: (costUsd) => [{ path: ['usage', 'cost'], value: costUsd }],
}
