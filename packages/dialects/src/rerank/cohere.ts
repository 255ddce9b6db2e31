import type { JsonObject, JsonValue } from '@atpar/core/json'
import type { ReportedUsage } from '@atpar/core/usage'
import { asList, asObject, asText } from '../fields.ts'
import { decodeError } from '../openai-errors.ts'
import { requireRequest } from '../require-request.ts'
import type { TaskProvider } from '../task-contract.ts'
import { readCounts } from '../token-counts.ts'
import { readResults } from './results.ts'

const DOCUMENTS_PER_SEARCH = 100

const readUsage = (body: JsonObject): ReportedUsage | null => {
  const billed = asObject(asObject(body.meta)?.billed_units)
  const counts = readCounts(billed, ['search_units'])
  if (counts === undefined || counts.search_units === null) return null
  return { units: { searches: counts.search_units }, raw: billed }
}

/** Version 2; billed by search: https://docs.cohere.com/reference/rerank */
export const cohereRerank: TaskProvider = {
  id: 'cohere-rerank',
  task: 'rerank',
  encodeRequest: (task, { upstreamModel }) => {
    const request = requireRequest('rerank', task)
    return {
      path: '/rerank',
      json: {
        model: upstreamModel,
        query: request.query,
        documents: [...request.documents] as JsonValue[],
        ...(request.topN === null ? {} : { top_n: request.topN }),
        ...(request.maxTokensPerDocument === null ? {} : { max_tokens_per_doc: request.maxTokensPerDocument }),
      },
      dropped: [...request.unmapped, ...(request.truncate === null ? [] : ['truncation'])],
    }
  },
  decodeAnswer: (body, task) => ({
    task: 'rerank',
    providerId: asText(body.id),
    servedModel: null,
    results: readResults(body.results, requireRequest('rerank', task)),
    usage: readUsage(body),
  }),
  readOutcome: (body) => ({ usage: readUsage(body), servedModel: null, hasContent: asList(body.results).length > 0 }),
  estimate: (task) => {
    const { documents } = requireRequest('rerank', task)
    return { text: '', units: { searches: Math.ceil(documents.length / DOCUMENTS_PER_SEARCH) } }
  },
  decodeError,
}
