import type { RerankRequest, RerankResult } from '@atpar/core/rerank'
import { AppError } from '@atpar/core/errors'
import type { JsonValue } from '@atpar/core/json'
import { asObjects } from '../fields.ts'

/** Results as every provider writes them, best first. @throws AppError `upstream_malformed` for one that names no document of the request. */
export const readResults = (value: JsonValue | undefined, { documents }: RerankRequest): readonly RerankResult[] =>
  asObjects(value)
    .map(({ index, relevance_score: score }) => {
      if (typeof index !== 'number' || !(index in documents) || typeof score !== 'number')
        throw new AppError('upstream_malformed')
      return { index, score }
    })
    .toSorted((a, b) => b.score - a.score)
