import { ZERO_PUSD, type Pusd } from '@atpar/core/money'
import type { OfferingRates } from '@atpar/core/pricing'
import type { PriceRow } from '@atpar/core/price-row'
import { correctDownwards, layOver } from '@atpar/core/rerating'
import { findServedOffering } from '@atpar/core/served-offering'
import type { UsageEvent } from '@atpar/core/usage-event'
import type { Pool } from '@atpar/db/pool'
import { readOfferingNames, readPricesIntroduced, readRatesOfBook } from '@atpar/db/rerating'
import { EVENT_COLUMNS, readEventRow } from '@atpar/db/usage-event-rows'
import { ingestUsageEvents } from '@atpar/db/usage-ingest'

/** One at a time in the whole installation: two would number their corrections alike. */
const RERATING_LOCK = 4_705_313
/** Requests looked at between two notes of how far it came. */
const BATCH_REQUESTS = 1_000
const BATCH_CORRECTIONS = 1_000
/** Usage that arrives late still gets the price that counted on its day. */
const REVISIT_HOURS = 20
const REVISIT_DAYS = 45

export interface ReratingSummary {
  readonly priceBookId: number
  readonly lookedAt: number
  readonly corrected: number
  readonly creditedPusd: bigint
}

interface WaitingRow {
  readonly price_book_id: number
  readonly from_day: string
  readonly reached_request: string | null
  readonly ingested_since: Date | null
}

type OfferingName = Awaited<ReturnType<typeof readOfferingNames>>[number]

/** What one book changes, and the rates to compare it with, each read once. */
interface Task {
  readonly waiting: WaitingRow
  readonly learnt: ReadonlyMap<string, readonly PriceRow[]>
  readonly offerings: readonly OfferingName[]
  readonly pinned: Map<number, ReadonlyMap<string, OfferingRates>>
  readonly later: Map<string, OfferingRates>
}

const CORRECTED = `
  LEFT JOIN LATERAL (
    SELECT coalesce(sum(c.cost_pusd), 0)::text AS cost, coalesce(sum(c.billed_pusd), 0)::text AS billed, coalesce(sum(c.absorbed_pusd), 0)::text AS absorbed,
      coalesce(max(c.seq) FILTER (WHERE c.kind = 'correction'), 0)::int AS last_seq
    FROM usage_event c WHERE c.request_id = e.request_id AND c.attempt = e.attempt AND c.kind <> 'settle'
  ) AS so_far ON true`

/** Whole requests, so that none is cut in half by the end of a batch. The key begins with the request's time. */
const NEXT_EVENTS = `
  WITH ids AS (
    SELECT DISTINCT request_id FROM usage_event
    WHERE request_id >= uuid_v7_floor($1::date::timestamp AT TIME ZONE 'UTC') AND ($2::uuid IS NULL OR request_id > $2)
      AND kind = 'settle' AND funding = 'platform' AND provider = ANY ($3) AND price_book_id < $4 AND units <> '{}' AND ($5::timestamptz IS NULL OR ingested_at >= $5)
    ORDER BY request_id LIMIT $6
  )
  SELECT ${EVENT_COLUMNS}, so_far.* FROM ids JOIN usage_event e ON e.request_id = ids.request_id ${CORRECTED}
  WHERE e.kind = 'settle' AND e.funding = 'platform' AND e.price_book_id < $4 ORDER BY e.request_id, e.attempt`

type EventRow = Readonly<Record<string, unknown>> & {
  readonly cost: string
  readonly billed: string
  readonly absorbed: string
  readonly last_seq: number
}

const pinnedRates = async (pool: Pool, task: Task, bookId: number): Promise<ReadonlyMap<string, OfferingRates>> => {
  const known = task.pinned.get(bookId)
  if (known !== undefined) return known
  const rates = await readRatesOfBook(pool, { bookId, offeringIds: [...task.learnt.keys()] })
  task.pinned.set(bookId, rates)
  return rates
}

const laterRates = (task: Task, pinned: OfferingRates, event: UsageEvent): OfferingRates => {
  const day = new Date(event.startedAtMs).toISOString().slice(0, 10)
  const key = `${event.priceBookId}|${pinned.offeringId}|${day}`
  const known = task.later.get(key) ?? layOver(pinned, task.learnt.get(pinned.offeringId) ?? [], day)
  task.later.set(key, known)
  return known
}

/** The offering whose prices its bill was made of; null when no price of this book concerns it. */
const ratedOffering = (task: Task, event: UsageEvent): string | null => {
  const routed = task.offerings.find(({ id }) => id === event.offeringId)
  if (routed === undefined) return task.learnt.has(event.offeringId) ? event.offeringId : null
  const served = findServedOffering(routed, event.modelServed, task.offerings)
  return served !== null && task.learnt.has(served.id) ? served.id : null
}

const correctionEvent = async (pool: Pool, task: Task, row: EventRow): Promise<UsageEvent | null> => {
  const event = readEventRow(row)
  const offeringId = ratedOffering(task, event)
  if (offeringId === null) return null
  const pinned = (await pinnedRates(pool, task, event.priceBookId)).get(offeringId) ?? {
    offeringId,
    priceVersionId: '',
    rows: [],
  }
  const sum = (own: Pusd, others: string): Pusd => (own + BigInt(others)) as Pusd
  const correction = correctDownwards({
    units: event.units,
    context: { startedAtMs: event.startedAtMs, serviceTier: event.serviceTier },
    pinned,
    later: laterRates(task, pinned, event),
    standing: {
      costPusd: sum(event.costPusd, row.cost),
      billedPusd: sum(event.billedPusd, row.billed),
      absorbedPusd: sum(event.absorbedPusd, row.absorbed),
      isUnpriced: event.absorbedReason === 'unpriced',
    },
  })
  if (correction === null) return null
  return {
    ...event,
    ...correction,
    kind: 'correction',
    seq: row.last_seq + 1,
    priceBookId: task.waiting.price_book_id,
    // Counted once, where they were used.
    units: {},
    providerUsageRaw: null,
    providerStatedCostPusd: null,
    estimatePusd: ZERO_PUSD,
    isFinal: false,
    trail: [],
  }
}

const noteProgress = async (
  pool: Pool,
  bookId: number,
  step: { readonly reached: string; readonly lookedAt: number; readonly corrections: readonly UsageEvent[] },
): Promise<void> => {
  const credited = step.corrections.reduce<bigint>((total, { billedPusd }) => total - billedPusd, 0n)
  await pool.query(
    `UPDATE price_rerating SET reached_request = $2, looked_at = looked_at + $3, corrected = corrected + $4, credited_pusd = credited_pusd + $5 WHERE price_book_id = $1`,
    [bookId, step.reached, step.lookedAt, step.corrections.length, credited.toString()],
  )
}

const openTask = async (pool: Pool, waiting: WaitingRow): Promise<Task> => ({
  waiting,
  learnt: Map.groupBy(await readPricesIntroduced(pool, waiting.price_book_id), ({ offeringId }) => offeringId),
  offerings: await readOfferingNames(pool),
  pinned: new Map(),
  later: new Map(),
})

/** A request can have many attempts: the corrections of one batch of requests may be more than ingest takes at once. */
const writeCorrections = async (pool: Pool, bookId: number, corrections: readonly UsageEvent[]): Promise<number> => {
  let written = 0
  for (let at = 0; at < corrections.length; at += BATCH_CORRECTIONS) {
    const events = corrections.slice(at, at + BATCH_CORRECTIONS)
    const { inserted, quarantined } = await ingestUsageEvents(pool, { events })
    if (quarantined > 0) throw new Error(`${quarantined} corrections of price book ${bookId} were refused`)
    written += inserted
  }
  return written
}

const rerateBook = async (pool: Pool, waiting: WaitingRow): Promise<ReratingSummary> => {
  const task = await openTask(pool, waiting)
  const bookId = waiting.price_book_id
  const providers = new Set(task.offerings.filter(({ id }) => task.learnt.has(id)).map(({ providerId }) => providerId))
  const total = { lookedAt: 0, corrected: 0, creditedPusd: 0n }
  let reached = waiting.reached_request
  for (;;) {
    const { rows } = await pool.query<EventRow>(NEXT_EVENTS, [
      waiting.from_day,
      reached,
      [...providers],
      bookId,
      waiting.ingested_since,
      BATCH_REQUESTS,
    ])
    const last = rows.at(-1)?.['requestId']
    if (typeof last !== 'string') break
    const found: UsageEvent[] = []
    for (const row of rows) {
      const correction = await correctionEvent(pool, task, row)
      if (correction !== null) found.push(correction)
    }
    const inserted = await writeCorrections(pool, bookId, found)
    await noteProgress(pool, bookId, { reached: last, lookedAt: rows.length, corrections: inserted === 0 ? [] : found })
    reached = last
    total.lookedAt += rows.length
    total.corrected += inserted
    total.creditedPusd -= found.reduce<bigint>((sum, { billedPusd }) => sum + billedPusd, 0n)
  }
  await pool.query(
    `UPDATE price_rerating SET status = 'done', reached_request = NULL, finished_at = now() WHERE price_book_id = $1`,
    [bookId],
  )
  return { priceBookId: bookId, ...total }
}

/** Books to do, in the order in which they came; done ones again for usage that arrived since, while any may still arrive. */
const listWaiting = async (pool: Pool): Promise<readonly WaitingRow[]> => {
  const { rows } = await pool.query<WaitingRow>(
    `SELECT price_book_id, from_day::text, reached_request::text, finished_at - interval '1 hour' AS ingested_since FROM price_rerating
    WHERE status = 'waiting' OR (finished_at < now() - make_interval(hours => $1) AND created_at > now() - make_interval(days => $2)) ORDER BY price_book_id`,
    [REVISIT_HOURS, REVISIT_DAYS],
  )
  return rows
}

/**
 * Gives back what usage was billed above a list price that was learnt later. A correction is an event like any other: it finds its way into roll-ups,
 * ledger and the invoice of the open period by itself. Safe to stop and to run again at any point; memory does not grow with what there is to do.
 * @returns one summary for each book; [] when another process is at it.
 */
export const rerateUsage = async (pool: Pool): Promise<readonly ReratingSummary[]> => {
  const guard = await pool.connect()
  try {
    const { rows } = await guard.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      RERATING_LOCK,
    ])
    if (rows[0]?.locked !== true) return []
    try {
      const summaries: ReratingSummary[] = []
      for (const waiting of await listWaiting(pool)) summaries.push(await rerateBook(pool, waiting))
      return summaries
    } finally {
      await guard.query('SELECT pg_advisory_unlock($1)', [RERATING_LOCK])
    }
  } finally {
    guard.release()
  }
}
