import type { IncomingMessage } from 'node:http'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import { formatUsd, pusd } from '@atpar/core/money'
import type { OfferingRates } from '@atpar/core/pricing'
import type { Model, Offering, Snapshot } from '@atpar/core/snapshot'
import type { UsageBucket } from '@atpar/core/usage'
import { identify } from '../call/authenticate.ts'
import type { Deps } from '../deps.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import type { RouteRequest } from './infer.ts'

/** `GET /v1/models` and `/v1/models/{id}` in the caller's own shape, with prices as decimal text. Only what is reachable here is listed. */
export const listModels = async (deps: Deps, { request, reply }: RouteRequest): Promise<void> => {
  const allowed = await requireKey(deps, request)
  const snapshot = deps.feed.current()
  const models = [...snapshot.models.values()].filter(
    (model) => isAllowed(allowed, model) && offeringsOf(deps, snapshot, model).length > 0,
  )
  const data = models.map((model) => describeModel(deps, snapshot, { model, request }))
  const body = isAnthropicCaller(request)
    ? { data, has_more: false, first_id: models[0]?.id ?? null, last_id: models.at(-1)?.id ?? null }
    : { object: 'list', data }
  reply.sendWhole(200, { 'content-type': 'application/json' }, JSON.stringify(body))
}

export const showModel = async (deps: Deps, { request, reply }: RouteRequest, id: string): Promise<void> => {
  const allowed = await requireKey(deps, request)
  const snapshot = deps.feed.current()
  const model = snapshot.models.get(snapshot.aliases.get(id) ?? id)
  if (model === undefined || !isAllowed(allowed, model) || offeringsOf(deps, snapshot, model).length === 0)
    throw new AppError('unknown_model', {
      message: `There is no model "${id.slice(0, 100)}". GET /v1/models lists those this key may use.`,
      param: 'model',
    })
  reply.sendWhole(
    200,
    { 'content-type': 'application/json' },
    JSON.stringify(describeModel(deps, snapshot, { model, request })),
  )
}

const requireKey = async (deps: Deps, request: IncomingMessage): Promise<readonly string[]> => {
  const caller = await identify(deps, { keyText: readKeyText(request.headers), peer: peerOf(request) })
  return caller.allowedModels
}

const isAllowed = (allowed: readonly string[], model: Model): boolean =>
  allowed.length === 0 || allowed.includes(model.id)
const isAnthropicCaller = (request: IncomingMessage): boolean => request.headers['anthropic-version'] !== undefined

const offeringsOf = (deps: Deps, snapshot: Snapshot, model: Model): readonly Offering[] =>
  model.offeringIds.flatMap((id) => {
    const offering = snapshot.offerings.get(id)
    return offering !== undefined && offering.enabled && deps.targets.isReachable(offering.providerId) ? [offering] : []
  })

const describeModel = (
  deps: Deps,
  snapshot: Snapshot,
  { model, request }: { readonly model: Model; readonly request: IncomingMessage },
): JsonObject => {
  if (isAnthropicCaller(request))
    return {
      type: 'model',
      id: model.id,
      display_name: model.displayName,
      created_at: new Date(model.createdAtMs).toISOString(),
    }
  const offerings = offeringsOf(deps, snapshot, model)
  const first = offerings[0]
  return {
    id: model.id,
    object: 'model',
    created: Math.floor(model.createdAtMs / 1000),
    owned_by: model.author,
    name: model.displayName,
    context_length: first?.contextTokens ?? null,
    pricing: first?.rates == null ? null : describeRates(first.rates),
    offerings: offerings.map((offering) => ({
      id: offering.id,
      provider: offering.providerId,
      context_length: offering.contextTokens,
      max_output_tokens: offering.maxOutputTokens,
      pricing: offering.rates === null ? null : describeRates(offering.rates),
    })),
  }
}

const PRICED: readonly (readonly [string, UsageBucket])[] = [
  ['prompt', 'input_uncached'],
  ['completion', 'output_text'],
  ['input_cache_read', 'cache_read'],
  ['input_cache_write', 'cache_write_5m'],
]

/** Dollars per unit as decimal text, the base row: tiers are on the price page. */
const describeRates = (rates: OfferingRates): JsonObject => {
  const base =
    rates.rows.find((row) => row.contextFrom === 0 && row.serviceTier === null && row.window === null) ?? rates.rows[0]
  const prices: JsonObject = {}
  for (const [name, bucket] of PRICED) {
    const price = base?.prices[bucket]
    if (price !== undefined) prices[name] = formatUsd(pusd(price.amountPusd / price.perUnits))
  }
  return prices
}
