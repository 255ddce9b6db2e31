import type { JsonObject } from '@atpar/core/json'
import { describePrices } from './describe-prices.ts'
import type { ModelView } from './model-view.ts'
import { describeEnd } from './openai-shape.ts'
import { readCount, type Page } from './pages.ts'

/** https://docs.anthropic.com/en/api/models-list, with what it costs beside it. */
export const toAnthropicModel = ({ model, offerings, available }: ModelView): JsonObject => {
  const first = offerings[0]?.offering
  return {
    type: 'model',
    id: model.id,
    display_name: model.displayName,
    created_at: new Date(model.createdAtMs).toISOString(),
    max_input_tokens: first?.contextTokens ?? null,
    max_tokens: first?.maxOutputTokens ?? null,
    available,
    pricing: describePrices(first?.rates ?? null),
    ...describeEnd(first),
  }
}

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 1_000

/** `limit`, `after_id`, `before_id`. @throws AppError `invalid_request` */
export const pageForAnthropic = (views: readonly ModelView[], query: URLSearchParams): Page => {
  const limit = readCount(query, 'limit', { otherwise: DEFAULT_LIMIT, max: MAX_LIMIT })
  const before = query.get('before_id')
  const indexOf = (id: string): number => views.findIndex(({ model }) => model.id === id)
  if (before !== null) {
    const end = Math.max(0, indexOf(before))
    const start = Math.max(0, end - limit)
    return { views: views.slice(start, end), hasMore: start > 0 }
  }
  const after = query.get('after_id')
  const start = after === null ? 0 : indexOf(after) + 1
  return { views: views.slice(start, start + limit), hasMore: start + limit < views.length }
}
