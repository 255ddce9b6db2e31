import type { JsonObject } from '@atpar/core/json'
import { describePrices } from './describe-prices.ts'
import type { ModelView } from './model-view.ts'
import { describeEnd } from './openai-shape.ts'
import { readCount, type Page } from './pages.ts'

const PREFIX = 'models/'

/** https://ai.google.dev/api/models#Model, with what it costs beside it. */
export const toGeminiModel = ({ model, offerings, available }: ModelView): JsonObject => {
  const first = offerings[0]?.offering
  return {
    name: PREFIX + model.id,
    baseModelId: model.id,
    version: model.family,
    displayName: model.displayName,
    description: `${model.displayName} by ${model.author}`,
    ...(first?.contextTokens == null ? {} : { inputTokenLimit: first.contextTokens }),
    ...(first?.maxOutputTokens == null ? {} : { outputTokenLimit: first.maxOutputTokens }),
    supportedGenerationMethods: METHODS[model.task] ?? [],
    ...(model.reasoning ? { thinking: true } : {}),
    available,
    pricing: describePrices(first?.rates ?? null),
    ...describeEnd(first),
  }
}

const METHODS: Readonly<Record<string, string[]>> = {
  chat: ['generateContent', 'streamGenerateContent', 'countTokens'],
  embedding: ['embedContent', 'batchEmbedContents'],
}

const DEFAULT_SIZE = 50
const MAX_SIZE = 1_000

/** `pageSize` and `pageToken`, which is the id of the last model seen. @throws AppError `invalid_request` */
export const pageForGemini = (
  views: readonly ModelView[],
  query: URLSearchParams,
): Page & { readonly next: string | null } => {
  const size = readCount(query, 'pageSize', { otherwise: DEFAULT_SIZE, max: MAX_SIZE })
  const token = query.get('pageToken')
  const start = token === null || token === '' ? 0 : views.findIndex(({ model }) => model.id === token) + 1
  const page = views.slice(start, start + size)
  const hasMore = start + size < views.length
  return { views: page, hasMore, next: hasMore ? (page.at(-1)?.model.id ?? null) : null }
}

/** The id behind `models/{id}`, as some clients send it. */
export const withoutPrefix = (name: string): string => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name)
