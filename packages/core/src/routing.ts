import { AppError, type ErrorCode } from './errors.ts'
import type { JsonObject } from './json.ts'
import { suggestNames } from './model-suggestions.ts'
import type { UnitPrice } from './money.ts'
import { pricesTier, type OfferingRates } from './pricing.ts'
import { listAskedParameters, type Parameter } from './parameters.ts'
import { readPreferences, type MaxPrice, type RoutePreferences } from './route-preferences.ts'
import { isRetired, type Model, type Offering, type Snapshot } from './snapshot.ts'
import { requireTask, type Task } from './task.ts'
import type { TrailStep } from './usage-event.ts'
import type { UsageBucket } from './usage.ts'

/** `half-open` = this very call may probe it; it keeps its place in the order. `open` ones come last, as the least bad. */
export type HealthState = 'closed' | 'open' | 'half-open'

export interface PlanInput {
  readonly snapshot: Snapshot
  /** What the caller named: a model's id, an alias, an offering's id (`groq/llama-3.3-70b-versatile` pins that one), each with or without `:floor`. */
  readonly model: string
  /** Read for `models`, `provider` and the service tier (see `isPlanPlain`); nothing else of it is looked at. */
  readonly body: JsonObject
  /** What the endpoint serves; chat when absent. */
  readonly tasks?: readonly Task[]
  /** Model ids or aliases the key may use; empty = all. */
  readonly allowedModels: readonly string[]
  readonly health: (offeringId: string) => HealthState
  /** Real time in milliseconds: what providers took away by then is not tried. */
  readonly nowMs: number
  /** False for a provider without credential or address in this installation. */
  readonly isReachable: (providerId: string, offering: Offering) => boolean
  /** Why not, where it is not for want of a credential of the installation. */
  readonly whyUnreachable?: (offering: Offering) => string | null
  /** The caller's organization has a credential of its own there: tried before others, unless the caller named an order or wants the cheapest. */
  readonly isOwn?: (providerId: string) => boolean
  /** Upper bound of the input's tokens, for price ceilings on models that charge more for long contexts. */
  readonly inputTokens?: number
}

export interface RoutePlan {
  /** The model of the first candidate. */
  readonly model: Model
  /** In the order in which they are tried; never empty, none twice. */
  readonly candidates: readonly Offering[]
  /** What was left out and why. */
  readonly skipped: readonly TrailStep[]
}

/** Nothing in the body has a say in the plan: the name, the key and the health of the providers decide alone. */
export const isPlanPlain = (body: JsonObject): boolean =>
  body.models === undefined &&
  body.provider === undefined &&
  body['service_tier'] === undefined &&
  body['serviceTier'] === undefined

/** Looks only at the offerings of the models named: this is the hot path (a few µs). @throws AppError unknown_model, wrong_endpoint, model_not_allowed, model_not_priced, model_retired, invalid_request, no_provider_available */
export const planAttempts = (input: PlanInput): RoutePlan => {
  const preferences = readPreferences(input.body)
  const candidates: Offering[] = []
  const refusals: Refusal[] = []
  for (const name of namesOf(input.model, preferences)) {
    const target = resolveName(input.snapshot, name)
    requireTask(target.model, input.tasks ?? CHAT_ONLY)
    if (!isAllowed(input, target.model))
      refusals.push({
        cause: 'not-allowed',
        offering: null,
        model: target.model,
        reason: 'this key may not use this model',
      })
    else addCandidates({ input, target, preferences: withSuffix(preferences, target), candidates, refusals })
  }
  const first = candidates[0]
  const model = first === undefined ? undefined : input.snapshot.models.get(first.modelId)
  if (model === undefined) throw explainEmptyPlan(input.model, refusals)
  return { model, candidates, skipped: refusals.length === 0 ? NONE_SKIPPED : refusals.map(toTrailStep) }
}

const CHAT_ONLY: readonly Task[] = ['chat']

const NONE_SKIPPED: readonly TrailStep[] = []

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'upstream_failed',
  'upstream_rate_limited',
  'upstream_malformed',
  'upstream_timeout',
  // The credential is at fault, not the request: another provider has another one.
  'upstream_unauthorized',
])

/** May another offering be tried after an attempt failed like this, before any content was delivered? Never for what the caller sent wrong. */
export const isRetryable = (code: ErrorCode): boolean => RETRYABLE.has(code)

type RefusalCause = 'not-allowed' | 'disabled' | 'retired' | 'unreachable' | 'preference' | 'unpriced' | 'no-fallback'

interface Refusal {
  readonly cause: RefusalCause
  readonly model: Model
  readonly offering: Offering | null
  readonly reason: string
}

const toTrailStep = ({ model, offering, reason }: Refusal): TrailStep => ({
  attempt: null,
  offeringId: offering?.id ?? model.id,
  provider: offering?.providerId ?? '',
  result: 'skipped',
  reason,
})

const namesOf = (model: string, preferences: RoutePreferences | null): readonly string[] => {
  if (preferences === null || preferences.models.length === 0) return [model]
  return [...new Set(model === '' ? preferences.models : [model, ...preferences.models])]
}

interface Target {
  readonly model: Model
  /** The caller named one offering and means that one. */
  readonly pinned: Offering | null
  readonly cheapestFirst: boolean
}

const FLOOR = ':floor'

/** Exact names first: Ollama's tags contain a colon, so a suffix counts only where the whole is no name. */
const resolveName = (snapshot: Snapshot, name: string): Target => {
  const exact = findTarget(snapshot, name, false)
  if (exact !== null) return exact
  const floored = name.endsWith(FLOOR) ? findTarget(snapshot, name.slice(0, -FLOOR.length), true) : null
  if (floored !== null) return floored
  throw unknownModel(snapshot, name)
}

/** The model that a name means: an id, an alias, or the id of one of its offerings. Null = no such name. */
export const resolveModel = (snapshot: Snapshot, name: string): Model | null =>
  findTarget(snapshot, name, false)?.model ?? null

const findTarget = (snapshot: Snapshot, name: string, cheapestFirst: boolean): Target | null => {
  const model = snapshot.models.get(name) ?? snapshot.models.get(snapshot.aliases.get(name) ?? '')
  if (model !== undefined) return { model, pinned: null, cheapestFirst }
  const pinned = snapshot.offerings.get(name)
  const owner = pinned === undefined ? undefined : snapshot.models.get(pinned.modelId)
  return pinned === undefined || owner === undefined ? null : { model: owner, pinned, cheapestFirst }
}

const MAX_ECHOED_NAME = 100

const unknownModel = (snapshot: Snapshot, name: string): AppError => {
  const near = suggestNames(name, [...snapshot.models.keys(), ...snapshot.aliases.keys()])
  const hint = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`
  return new AppError('unknown_model', {
    param: 'model',
    message: `There is no model "${name.slice(0, MAX_ECHOED_NAME)}".${hint} GET /v1/models lists all.`,
  })
}

const isAllowed = ({ allowedModels, snapshot }: PlanInput, model: Model): boolean =>
  allowedModels.length === 0 ||
  allowedModels.some((allowed) => allowed === model.id || snapshot.aliases.get(allowed) === model.id)

const NO_PREFERENCES: RoutePreferences = {
  models: [],
  order: [],
  only: [],
  ignore: [],
  allowFallbacks: true,
  sortByPrice: false,
  requireParameters: false,
  maxPrice: null,
}

const withSuffix = (preferences: RoutePreferences | null, target: Target): RoutePreferences | null =>
  target.cheapestFirst ? { ...(preferences ?? NO_PREFERENCES), sortByPrice: true } : preferences

interface Collection {
  readonly input: PlanInput
  readonly target: Target
  readonly preferences: RoutePreferences | null
  readonly candidates: Offering[]
  readonly refusals: Refusal[]
}

const addCandidates = ({ input, target, preferences, candidates, refusals }: Collection): void => {
  const usable: Ranked[] = []
  const ids = target.pinned === null ? target.model.offeringIds : [target.pinned.id]
  for (const id of ids) {
    const offering = input.snapshot.offerings.get(id)
    if (offering === undefined) continue
    const refusal = refuse(input, offering, preferences)
    if (refusal === null) usable.push(rank(input, offering, preferences))
    else refusals.push({ ...refusal, offering, model: target.model })
  }
  if (usable.length > 1) usable.sort(compareRanked)
  const kept = preferences !== null && !preferences.allowFallbacks && preferences.order.length === 0 ? 1 : usable.length
  for (const [index, { offering }] of usable.entries()) {
    if (index >= kept)
      refusals.push({ cause: 'no-fallback', offering, model: target.model, reason: 'the request allows no fallback' })
    else if (!candidates.includes(offering)) candidates.push(offering)
  }
}

/** Why this offering is out, or null. The price comes last, so that "not priced" means nothing else was in the way. */
const refuse = (
  input: PlanInput,
  offering: Offering,
  preferences: RoutePreferences | null,
): Pick<Refusal, 'cause' | 'reason'> | null => {
  if (!offering.enabled) return { cause: 'disabled', reason: 'switched off in the catalogue' }
  if (isRetired(offering, input.nowMs))
    return { cause: 'retired', reason: `its provider took it away on ${offering.retiresOn ?? ''}` }
  if (!input.isReachable(offering.providerId, offering))
    return {
      cause: 'unreachable',
      reason: input.whyUnreachable?.(offering) ?? 'this installation has no credential for the provider',
    }
  const unwanted =
    preferences === null
      ? null
      : (refuseByWish(offering, preferences) ?? refuseByParameters(input, offering, preferences))
  if (unwanted !== null) return { cause: 'preference', reason: unwanted }
  if (offering.rates === null || offering.rates.rows.length === 0) {
    // On an account of the organization's own nobody bills it for anything.
    return offering.funding === 'platform' && input.isOwn?.(offering.providerId) !== true
      ? { cause: 'unpriced', reason: 'no price on record' }
      : null
  }
  if (offering.funding === 'platform' && !pricesTier(offering.rates, tierOf(input.body)))
    return { cause: 'unpriced', reason: 'no price on record for the service tier asked for' }
  const tooDear = preferences?.maxPrice
    ? refuseByPrice(offering.rates, preferences.maxPrice, input.inputTokens ?? 0)
    : null
  return tooDear === null ? null : { cause: 'preference', reason: tooDear }
}

/** As OpenAI and Anthropic name the field, or Google. */
const tierOf = (body: PlanInput['body']): string | null => {
  const tier = body['service_tier'] ?? body['serviceTier']
  return typeof tier === 'string' ? tier : null
}

const refuseByWish = (offering: Offering, { only, ignore, order, allowFallbacks }: RoutePreferences): string | null => {
  if (ignore.length > 0 && isListed(ignore, offering)) return 'excluded by provider.ignore'
  if (only.length > 0 && !isListed(only, offering)) return 'not in provider.only'
  if (!allowFallbacks && order.length > 0 && !isListed(order, offering))
    return 'not in provider.order, and fallbacks are off'
  return null
}

const refuseByParameters = (
  { body }: PlanInput,
  { task, parameters }: Offering,
  { requireParameters }: RoutePreferences,
): string | null => {
  if (!requireParameters || task !== 'chat') return null
  const asked = askedOf(body)
  if (asked.length === 0) return null
  if (parameters === undefined || parameters === null)
    return 'what it takes is not on record, and provider.require_parameters is on'
  const missing = asked.filter((parameter) => !parameters.includes(parameter))
  return missing.length === 0 ? null : `does not take ${missing.join(', ')}, and provider.require_parameters is on`
}

/** One body is looked at once, however many offerings there are. */
const askedParameters = new WeakMap<JsonObject, readonly Parameter[]>()

const askedOf = (body: JsonObject): readonly Parameter[] => {
  const known = askedParameters.get(body)
  if (known !== undefined) return known
  const asked = listAskedParameters(body)
  askedParameters.set(body, asked)
  return asked
}

const isListed = (names: readonly string[], offering: Offering): boolean => positionOf(names, offering) >= 0

/** A list may name providers (`groq`) or single offerings (`groq/llama-3.3-70b-versatile`). */
const positionOf = (names: readonly string[], offering: Offering): number =>
  names.findIndex((name) => name === offering.providerId || name === offering.id.toLowerCase())

const PER_MILLION = 1_000_000n

/** A ceiling holds for every price the call could meet: all hours, and the long-context tiers its input may reach. */
const refuseByPrice = (rates: OfferingRates, ceiling: MaxPrice, inputTokens: number): string | null => {
  for (const row of rates.rows) {
    if (row.contextFrom > inputTokens) continue
    if (exceeds(row.prices.input_uncached, ceiling.prompt, PER_MILLION)) return 'input price above provider.max_price'
    if (exceeds(row.prices.output_text, ceiling.completion, PER_MILLION)) return 'output price above provider.max_price'
    if (exceeds(row.prices.requests, ceiling.request, 1n)) return 'price per request above provider.max_price'
  }
  return null
}

const exceeds = (price: UnitPrice | undefined, ceiling: bigint | null, units: bigint): boolean =>
  price !== undefined && ceiling !== null && price.amountPusd * units > ceiling * price.perUnits

interface Ranked {
  readonly offering: Offering
  /** 0 = closed or probing, 1 = open. */
  readonly sickness: number
  readonly wish: number
  /** 0 = runs on a credential of the caller's organization. */
  readonly foreignness: number
  readonly priority: number
}

const rank = (input: PlanInput, offering: Offering, preferences: RoutePreferences | null): Ranked => ({
  offering,
  sickness: input.health(offering.id) === 'open' ? 1 : 0,
  wish: preferences === null || preferences.order.length === 0 ? 0 : wishOf(preferences.order, offering),
  foreignness:
    preferences?.sortByPrice === true || offering.funding === 'local' || input.isOwn?.(offering.providerId) === true
      ? 0
      : 1,
  priority: preferences?.sortByPrice === true ? 0 : offering.priority,
})

const wishOf = (order: readonly string[], offering: Offering): number => {
  const position = positionOf(order, offering)
  return position < 0 ? order.length : position
}

/** Health, then what the caller asked for, then whose account it runs on, then the catalogue's priority, then price; the id makes it the same every time. */
const compareRanked = (a: Ranked, b: Ranked): number => {
  if (a.sickness !== b.sickness) return a.sickness - b.sickness
  if (a.wish !== b.wish) return a.wish - b.wish
  if (a.foreignness !== b.foreignness) return a.foreignness - b.foreignness
  if (a.priority !== b.priority) return a.priority - b.priority
  const first = comparablePrice(a.offering)
  const second = comparablePrice(b.offering)
  if (first !== second) return first < second ? -1 : 1
  return a.offering.id < b.offering.id ? -1 : 1
}

const comparablePrices = new WeakMap<OfferingRates, bigint>()

/** Three parts input to one part output, the usual mix of chat traffic, at the dearest hour: for ordering only, never for billing. */
const comparablePrice = ({ rates }: Offering): bigint => {
  if (rates === null) return 0n
  const known = comparablePrices.get(rates)
  if (known !== undefined) return known
  let dearest = 0n
  for (const row of rates.rows) {
    if (row.contextFrom > 0) continue
    const mix = 3n * perMillion(row.prices, 'input_uncached') + perMillion(row.prices, 'output_text')
    if (mix > dearest) dearest = mix
  }
  comparablePrices.set(rates, dearest)
  return dearest
}

const perMillion = (prices: Partial<Readonly<Record<UsageBucket, UnitPrice>>>, bucket: UsageBucket): bigint => {
  const price = prices[bucket]
  return price === undefined ? 0n : (price.amountPusd * PER_MILLION) / price.perUnits
}

/** The one error that says best why nothing is left: what the caller can change first. */
const explainEmptyPlan = (name: string, refusals: readonly Refusal[]): AppError => {
  const causes = new Set(refusals.map(({ cause }) => cause))
  const named = refusals[0]?.model.id ?? name
  if (causes.has('unpriced'))
    return new AppError('model_not_priced', {
      param: 'model',
      message: `"${named}" has no price on record, so it cannot be billed at par. Choose another model, or ask the operator to import its price.`,
    })
  if (causes.has('preference')) {
    const wishes = refusals
      .filter(({ cause }) => cause === 'preference')
      .map(({ offering, reason }) => `${offering?.providerId ?? ''}: ${reason}`)
    return new AppError('invalid_request', {
      param: 'provider',
      message: `Your routing preferences leave no provider for "${named}" (${wishes.join('; ')}).`,
    })
  }
  const retired = refusals.find(({ cause }) => cause === 'retired')
  if (retired !== undefined) return explainRetirement(retired)
  if (causes.has('not-allowed') && causes.size === 1)
    return new AppError('model_not_allowed', { param: 'model', message: `This key may not use "${named}".` })
  const isOwn = refusals.length > 0 && refusals.every(({ offering }) => offering?.credentialId !== undefined)
  return new AppError('no_provider_available', {
    message: isOwn
      ? `"${named}" cannot be called: ${refusals[0]?.reason}.`
      : `No provider for "${named}" is available in this installation.`,
  })
}

const explainRetirement = ({ model, offering }: Refusal): AppError => {
  const successor = offering?.successorId ?? null
  const next = successor === null ? 'GET /v1/models lists what can be called.' : `Use "${successor}" in its place.`
  return new AppError('model_retired', {
    param: 'model',
    message: `"${model.id}" was taken away by its provider (${offering?.providerId ?? ''}) on ${offering?.retiresOn ?? ''}, and nobody else here offers it. ${next}`,
    metadata: {
      ...(offering?.retiresOn ? { retiredOn: offering.retiresOn } : {}),
      ...(successor === null ? {} : { successor }),
    },
  })
}
