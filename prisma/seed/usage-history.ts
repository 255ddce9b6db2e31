import { createHash } from 'node:crypto'
import { DAY_MS, HOUR_MS } from '@atpar/core/durations'
import { uuidV7At } from '@atpar/core/ids'
import { pusd } from '@atpar/core/money'
import { rateUsage } from '@atpar/core/pricing'
import type { Offering, Snapshot } from '@atpar/core/snapshot'
import { billingPeriodOf, type UsageEvent } from '@atpar/core/usage-event'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { buildUsageEvent } from '@atpar/testkit/usage-events'
import type { SeedWorld } from './world.ts'

export interface UsageSource {
  readonly orgId: string
  readonly teamId: string | null
  readonly memberId: string | null
  readonly keyId: string
}

export interface HistoryPlan {
  readonly snapshot: Snapshot
  readonly models: readonly string[]
  readonly sources: readonly UsageSource[]
  readonly days: number
  readonly requestsPerDay: number
}

const BATCH = 500
const PERCENT_FAILED = 3

/** Numbers that look random and are the same in every run: a seed run twice adds nothing, because the ids are the same too. */
const digest = (...parts: readonly (string | number)[]): Buffer => createHash('sha256').update(parts.join('|')).digest()

const firstPriced = (snapshot: Snapshot, modelId: string): Offering | undefined =>
  (snapshot.models.get(modelId)?.offeringIds ?? [])
    .map((id) => snapshot.offerings.get(id))
    .find((offering) => offering !== undefined && offering.rates !== null && offering.funding === 'platform')

interface Call {
  readonly source: UsageSource
  readonly offering: Offering
  readonly startedAtMs: number
  readonly noise: Buffer
  readonly priceBookId: number
}

/** One request at list price, by the same arithmetic as the proxy's. */
const buildCall = ({ source, offering, startedAtMs, noise, priceBookId }: Call): UsageEvent => {
  const isFailed = noise.readUInt8(8) % 100 < PERCENT_FAILED
  const input = 200 + (noise.readUInt16BE(9) % 6000)
  const cached = noise.readUInt8(11) % 3 === 0 ? Math.floor(input / 2) : 0
  const units = isFailed
    ? {}
    : { input_uncached: input - cached, cache_read: cached, output_text: 20 + (noise.readUInt16BE(12) % 900) }
  const rating = offering.rates === null ? null : rateUsage(units, offering.rates, { startedAtMs, serviceTier: null })
  const cost = rating?.priced === true ? rating.costPusd : pusd(0n)
  const durationMs = 300 + (noise.readUInt16BE(14) % 4000)
  return buildUsageEvent({
    ...source,
    requestId: uuidV7At(startedAtMs, noise.subarray(16, 26)),
    streamed: noise.readUInt8(26) % 2 === 0,
    provider: offering.providerId,
    offeringId: offering.id,
    modelRequested: offering.modelId,
    modelId: offering.modelId,
    modelServed: offering.upstreamModel,
    startedAtMs,
    firstByteAtMs: isFailed ? null : startedAtMs + Math.floor(durationMs / 4),
    endedAtMs: startedAtMs + durationMs,
    billingPeriod: billingPeriodOf(startedAtMs),
    priceBookId,
    units,
    usageSource: isFailed ? 'none' : 'provider_final',
    providerUsageRaw: null,
    costPusd: cost,
    billedPusd: cost,
    estimatePusd: cost,
    outcome: isFailed ? 'upstream_error' : 'ok',
    httpStatus: isFailed ? 502 : 200,
    errorCode: isFailed ? 'upstream_failed' : null,
    trail: [
      {
        attempt: 1,
        offeringId: offering.id,
        provider: offering.providerId,
        result: isFailed ? 'failed' : 'served',
        reason: isFailed ? 'upstream_failed' : 'first choice',
        httpStatus: isFailed ? 500 : 200,
        durationMs,
      },
    ],
    proxyBootId: source.keyId,
  })
}

/** Office hours are busier, which makes charts look like charts. */
const toHourOfDay = (noise: Buffer): number =>
  noise.readUInt8(4) % 4 === 0 ? noise.readUInt8(5) % 24 : 8 + (noise.readUInt8(5) % 10)

/** What one key did on one day; nothing that lies ahead of `nowMs`. */
const buildDay = (
  source: UsageSource,
  day: number,
  plan: HistoryPlan & { readonly offerings: readonly Offering[]; readonly nowMs: number },
) =>
  Array.from({ length: plan.requestsPerDay }, (_, index) => digest(source.keyId, day, index)).flatMap(
    (noise): UsageEvent[] => {
      const offering = plan.offerings[noise.readUInt32BE(0) % plan.offerings.length]
      const startedAtMs = day + toHourOfDay(noise) * HOUR_MS + (noise.readUInt32BE(6) % HOUR_MS)
      if (offering === undefined || startedAtMs >= plan.nowMs) return []
      return [buildCall({ source, offering, startedAtMs, noise, priceBookId: plan.snapshot.priceBookId })]
    },
  )

/** Writes usage of the days before `nowMs`, always the same for the same sources. @returns how many events were new. */
export const seedUsageHistory = async (world: SeedWorld, plan: HistoryPlan): Promise<number> => {
  const offerings = plan.models.flatMap((model) => firstPriced(plan.snapshot, model) ?? [])
  if (offerings.length === 0)
    throw new Error(`None of the models ${plan.models.join(', ')} has a price: seed the catalogue first.`)
  const today = Math.floor(world.nowMs / DAY_MS) * DAY_MS
  const days = Array.from({ length: plan.days }, (_, back) => today - back * DAY_MS)
  const events = days.flatMap((day) =>
    plan.sources.flatMap((source) => buildDay(source, day, { ...plan, offerings, nowMs: world.nowMs })),
  )
  let inserted = 0
  for (let from = 0; from < events.length; from += BATCH) {
    inserted += (await ingestUsageEvents(world.pool, { events: events.slice(from, from + BATCH) })).inserted
  }
  return inserted
}
