import { ZERO_PUSD, pusd, type Pusd } from '@atpar/core/money'
import { rateUsage } from '@atpar/core/pricing'
import type { Snapshot } from '@atpar/core/snapshot'
import type { BookEntry } from '@atpar/simulators/books'
import type { Pool } from 'pg'

/** A usage event as far as the comparison with a provider's books needs it. */
export interface EventFacts {
  readonly requestId: string
  readonly attempt: number
  readonly offeringId: string
  readonly usageSource: string
  readonly outcome: string
  readonly startedAtMs: number
  readonly serviceTier: string | null
  readonly priceBookId: number
  readonly costPusd: Pusd
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
}

export interface Reconciliation {
  /** Attempts whose final count arrived: our cost must equal the provider's book at list price. */
  readonly exact: {
    readonly attempts: number
    readonly oursPusd: Pusd
    readonly theirsPusd: Pusd
    readonly mismatches: readonly string[]
  }
  /** Attempts that ended before it: ours must not exceed theirs. */
  readonly partial: {
    readonly attempts: number
    readonly oursPusd: Pusd
    readonly theirsPusd: Pusd
    readonly overcharged: readonly string[]
  }
  /** Billable in their books, without a terminal event in ours. */
  readonly missing: readonly string[]
  /** More than one terminal event for an attempt (the primary key forbids it; this is the proof). */
  readonly duplicates: readonly string[]
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
}

interface EventRow {
  readonly request_id: string
  readonly attempt: number
  readonly offering_id: string
  readonly usage_source: string
  readonly outcome: string
  readonly started_at: Date
  readonly service_tier: string | null
  readonly price_book_id: number
  readonly cost_pusd: string
  readonly billed_pusd: string
  readonly absorbed_pusd: string
}

const READ_EVENTS = `SELECT request_id, attempt, offering_id, usage_source, outcome, started_at, service_tier, price_book_id, cost_pusd::text, billed_pusd::text, absorbed_pusd::text
  FROM usage_event WHERE kind = 'settle'`

const toFacts = (row: EventRow): EventFacts => ({
  requestId: row.request_id,
  attempt: row.attempt,
  offeringId: row.offering_id,
  usageSource: row.usage_source,
  outcome: row.outcome,
  startedAtMs: row.started_at.getTime(),
  serviceTier: row.service_tier,
  priceBookId: row.price_book_id,
  costPusd: pusd(BigInt(row.cost_pusd)),
  billedPusd: pusd(BigInt(row.billed_pusd)),
  absorbedPusd: pusd(BigInt(row.absorbed_pusd)),
})

export const readEvents = async (pool: Pool, orgId: string): Promise<readonly EventFacts[]> => {
  const { rows } = await pool.query<EventRow>(`${READ_EVENTS} AND org_id = $1`, [orgId])
  return rows.map(toFacts)
}

/** Of any organization. */
export const readEventsOf = async (pool: Pool, requestIds: readonly string[]): Promise<readonly EventFacts[]> => {
  const { rows } = await pool.query<EventRow>(`${READ_EVENTS} AND request_id = ANY ($1::uuid[])`, [requestIds])
  return rows.map(toFacts)
}

/** Holds our events against the providers' own books, attempt by attempt, to the pico-dollar (money.md, "What equals what"). */
export const reconcile = (
  events: readonly EventFacts[],
  books: readonly BookEntry[],
  snapshot: Snapshot,
): Reconciliation => reconcilePinned(events, books, () => snapshot)

/** The same where prices changed on the way: each event is held against the book it was pinned to. */
export const reconcilePinned = (
  events: readonly EventFacts[],
  books: readonly BookEntry[],
  snapshotOf: (event: EventFacts) => Snapshot,
): Reconciliation => {
  const byAttempt = new Map<string, EventFacts>()
  const duplicates: string[] = []
  for (const event of events) {
    const id = `${event.requestId}-${event.attempt}`
    if (byAttempt.has(id)) duplicates.push(id)
    byAttempt.set(id, event)
  }
  const exact = { attempts: 0, ours: 0n, theirs: 0n, mismatches: [] as string[] }
  const partial = { attempts: 0, ours: 0n, theirs: 0n, overcharged: [] as string[] }
  const missing: string[] = []
  for (const entry of books) {
    if (!entry.billable || entry.callerRequestId === null) continue
    const event = byAttempt.get(entry.callerRequestId)
    if (event === undefined) {
      missing.push(entry.callerRequestId)
      continue
    }
    const theirs = priceOf(entry, event, snapshotOf(event))
    if (event.usageSource === 'provider_final') {
      exact.attempts += 1
      exact.ours += event.costPusd
      exact.theirs += theirs
      if (event.costPusd !== theirs)
        exact.mismatches.push(
          `${entry.callerRequestId} ${event.offeringId}: ours ${event.costPusd}, theirs ${theirs} (${JSON.stringify(entry.usage)})`,
        )
    } else {
      partial.attempts += 1
      partial.ours += event.billedPusd
      partial.theirs += theirs
      if (event.billedPusd > theirs)
        partial.overcharged.push(
          `${entry.callerRequestId} ${event.offeringId} ${event.outcome}/${event.usageSource}: ours ${event.billedPusd}, theirs ${theirs} (${JSON.stringify(entry.usage)})`,
        )
    }
  }
  return {
    exact: {
      attempts: exact.attempts,
      oursPusd: pusd(exact.ours),
      theirsPusd: pusd(exact.theirs),
      mismatches: exact.mismatches,
    },
    partial: {
      attempts: partial.attempts,
      oursPusd: pusd(partial.ours),
      theirsPusd: pusd(partial.theirs),
      overcharged: partial.overcharged,
    },
    missing,
    duplicates,
    billedPusd: events.reduce<Pusd>((sum, event) => pusd(sum + event.billedPusd), ZERO_PUSD),
    absorbedPusd: events.reduce<Pusd>((sum, event) => pusd(sum + event.absorbedPusd), ZERO_PUSD),
  }
}

const priceOf = (entry: BookEntry, event: EventFacts, snapshot: Snapshot): Pusd => {
  const offering = snapshot.offerings.get(event.offeringId)
  if (offering === undefined)
    throw new RangeError(`The event names an offering that the catalogue does not have: ${event.offeringId}`)
  if (offering.funding === 'local') return ZERO_PUSD
  if (offering.rates === null) throw new RangeError(`${event.offeringId} has no price`)
  const rating = rateUsage(entry.usage, offering.rates, {
    startedAtMs: event.startedAtMs,
    serviceTier: event.serviceTier,
  })
  if (!rating.priced) throw new RangeError(`${event.offeringId} has no price for ${rating.missing.join(', ')}`)
  return rating.costPusd
}
