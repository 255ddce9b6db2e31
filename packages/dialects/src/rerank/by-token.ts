import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { RerankRequest } from '@atpar/core/rerank'
import { isJsonObject } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'
import { asList, asText } from '../fields.ts'
import { decodeError } from '../openai-errors.ts'
import { requireRequest } from '../require-request.ts'
import type { TaskProvider } from '../task-contract.ts'
import { readCounts } from '../token-counts.ts'
import { readResults } from './results.ts'

/** The query is read with every document. */
const textOf = ({ query, documents }: RerankRequest): string => documents.map((document) => query + document).join('')

const readUsage = (body: JsonObject): ReportedUsage | null => {
  const usage = isJsonObject(body.usage) ? body.usage : null
  const counts = readCounts(usage, ['total_tokens'])
  if (counts === undefined || counts.total_tokens === null) return null
  return { units: { input_uncached: counts.total_tokens }, raw: usage }
}

interface Wording {
  readonly id: 'jina-rerank' | 'voyage-rerank'
  readonly limitField: 'top_n' | 'top_k'
  /** Where the results stand. */
  readonly listField: 'results' | 'data'
  readonly extra: (request: RerankRequest) => JsonObject
  readonly dropped: (request: RerankRequest) => readonly string[]
}

const byToken = ({ id, limitField, listField, extra, dropped }: Wording): TaskProvider => ({
  id,
  task: 'rerank',
  encodeRequest: (task, { upstreamModel }) => {
    const request = requireRequest('rerank', task)
    return {
      path: '/rerank',
      json: {
        model: upstreamModel,
        query: request.query,
        documents: [...request.documents] as JsonValue[],
        return_documents: false,
        ...(request.topN === null ? {} : { [limitField]: request.topN }),
        ...extra(request),
      },
      dropped: [
        ...request.unmapped,
        ...(request.maxTokensPerDocument === null ? [] : ['max_tokens_per_doc']),
        ...dropped(request),
      ],
    }
  },
  decodeAnswer: (body, task) => ({
    task: 'rerank',
    providerId: null,
    servedModel: asText(body.model),
    results: readResults(body[listField], requireRequest('rerank', task)),
    usage: readUsage(body),
  }),
  readOutcome: (body) => ({
    usage: readUsage(body),
    servedModel: asText(body.model),
    hasContent: asList(body[listField]).length > 0,
  }),
  estimate: (task) => ({ text: textOf(requireRequest('rerank', task)), units: {} }),
  decodeError,
})

/** https://jina.ai/reranker */
export const jinaRerank = byToken({
  id: 'jina-rerank',
  limitField: 'top_n',
  listField: 'results',
  extra: () => ({}),
  dropped: ({ truncate }) => (truncate === null ? [] : ['truncation']),
})

/** https://docs.voyageai.com/reference/reranker-api: the same with other names. */
export const voyageRerank = byToken({
  id: 'voyage-rerank',
  limitField: 'top_k',
  listField: 'data',
  extra: ({ truncate }) => (truncate === null ? {} : { truncation: truncate }),
  dropped: () => [],
})
