import { AppError } from './errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import { parseUsd, type Pusd } from './money.ts'

/** Hard price ceilings of a request, in pUSD per million tokens (per request for `request`). */
export interface MaxPrice {
  readonly prompt: Pusd | null
  readonly completion: Pusd | null
  readonly request: Pusd | null
}

/** What a caller may say about where its request goes, in OpenRouter's words: `models` and `provider` of the body. Dialects remove both before anything goes upstream. */
export interface RoutePreferences {
  /** Models to fall back to after the one named, in order. */
  readonly models: readonly string[]
  /** Providers to try first, in order; lower case, as are the two lists below. */
  readonly order: readonly string[]
  /** Empty = any. */
  readonly only: readonly string[]
  readonly ignore: readonly string[]
  readonly allowFallbacks: boolean
  readonly sortByPrice: boolean
  /** Only offerings known to take every parameter of the request; otherwise what one does not take is left out, and told. */
  readonly requireParameters: boolean
  readonly maxPrice: MaxPrice | null
}

const MAX_LIST_LENGTH = 20

/**
 * @returns null when the body has no preferences, which is nearly always.
 * @throws AppError `invalid_request` or `unsupported_parameter` naming the field: a wish about where data goes is never dropped in silence.
 */
export const readPreferences = (body: JsonObject): RoutePreferences | null => {
  const { models, provider } = body
  if (models === undefined && provider === undefined) return null
  const wishes = readProviderObject(provider)
  for (const field of Object.keys(wishes)) if (!(field in READERS)) throw unsupported(`provider.${field}`)
  for (const [field, allowed] of Object.entries(ONLY_DEFAULT)) {
    if (wishes[field] !== undefined && wishes[field] !== null && wishes[field] !== allowed)
      throw unsupported(`provider.${field}`)
  }
  return {
    models: readNames(models, 'models'),
    order: readProviderNames(wishes, 'order'),
    only: readProviderNames(wishes, 'only'),
    ignore: readProviderNames(wishes, 'ignore'),
    allowFallbacks: readSwitch(wishes['allow_fallbacks'], { param: 'provider.allow_fallbacks', otherwise: true }),
    sortByPrice: readSort(wishes['sort']),
    requireParameters: readSwitch(wishes['require_parameters'], {
      param: 'provider.require_parameters',
      otherwise: false,
    }),
    maxPrice: readMaxPrice(wishes['max_price']),
  }
}

/** Fields that are understood; the ones of ONLY_DEFAULT only with the value that asks for nothing. */
const READERS = {
  order: true,
  only: true,
  ignore: true,
  allow_fallbacks: true,
  sort: true,
  max_price: true,
  require_parameters: true,
  data_collection: true,
  zdr: true,
}
const ONLY_DEFAULT: Readonly<Record<string, JsonValue>> = {
  data_collection: 'allow',
  zdr: false,
}

const unsupported = (param: string): AppError =>
  new AppError('unsupported_parameter', {
    param,
    message: `"${param}" is not supported yet, so the request was not sent. Remove it to go on without.`,
  })

const invalid = (param: string, expected: string): AppError =>
  new AppError('invalid_request', { param, message: `"${param}" must be ${expected}.` })

const readProviderObject = (provider: JsonValue | undefined): JsonObject => {
  if (provider === undefined || provider === null) return {}
  if (!isJsonObject(provider))
    throw invalid('provider', 'an object like {"order": ["openai"], "allow_fallbacks": true}')
  return provider
}

const readNames = (value: JsonValue | undefined, param: string): readonly string[] => {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.length > MAX_LIST_LENGTH)
    throw invalid(param, `a list of at most ${MAX_LIST_LENGTH} names`)
  return value.map((name) => {
    if (typeof name !== 'string' || name === '') throw invalid(param, `a list of at most ${MAX_LIST_LENGTH} names`)
    return name
  })
}

const readProviderNames = (wishes: JsonObject, field: 'order' | 'only' | 'ignore'): readonly string[] =>
  readNames(wishes[field], `provider.${field}`).map((name) => name.toLowerCase())

const readSwitch = (
  value: JsonValue | undefined,
  facts: { readonly param: string; readonly otherwise: boolean },
): boolean => {
  if (value === undefined || value === null) return facts.otherwise
  if (typeof value !== 'boolean') throw invalid(facts.param, 'true or false')
  return value
}

const readSort = (value: JsonValue | undefined): boolean => {
  if (value === undefined || value === null) return false
  if (value === 'price') return true
  if (value === 'throughput' || value === 'latency') throw unsupported('provider.sort')
  throw invalid('provider.sort', '"price"')
}

const readMaxPrice = (value: JsonValue | undefined): MaxPrice | null => {
  if (value === undefined || value === null) return null
  if (!isJsonObject(value))
    throw invalid('provider.max_price', 'an object like {"prompt": 1, "completion": 2} in dollars per million tokens')
  for (const field of Object.keys(value))
    if (!['prompt', 'completion', 'request'].includes(field)) throw unsupported(`provider.max_price.${field}`)
  return {
    prompt: readDollars(value['prompt'], 'prompt'),
    completion: readDollars(value['completion'], 'completion'),
    request: readDollars(value['request'], 'request'),
  }
}

const LARGEST_PRICE = 1_000_000

/** A JSON number is a float already; twelve decimals of it are the exact text it was written as for every price a person would type. */
const readDollars = (value: JsonValue | undefined, field: string): Pusd | null => {
  if (value === undefined || value === null) return null
  const dollars = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
  if (typeof dollars !== 'number' || !Number.isFinite(dollars) || dollars < 0 || dollars > LARGEST_PRICE) {
    throw invalid(`provider.max_price.${field}`, `dollars from 0 to ${LARGEST_PRICE}`)
  }
  return parseUsd(typeof value === 'string' ? value : dollars.toFixed(12))
}
