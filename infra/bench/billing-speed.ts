import { ingestUsageEvents } from '@atpar/db/usage-ingest'
import { closePeriod } from '../../apps/worker/src/billing/close-period.ts'
import { postAllUsage } from '../../apps/worker/src/billing/post-ledger.ts'
import { prepareWitness } from '../../apps/worker/src/billing/prove-frozen.ts'
import { createOrganizations, eventOf, multiplyEvents, PERIOD, withPools, type BillingBench } from './billing-bench.ts'
import type { Figure } from './figures.ts'

/** A moment at which the month can be closed. */
const CLOSED_AT_MS = Date.UTC(2026, 11, 1, 2)
const GRACE_MS = 3_600_000
const BATCH = 2_000

const INGEST_PER_SECOND = 10_000
const CLOSE_WITHIN_MS = 10 * 60_000
const CLOSED_ORGANIZATIONS = 10_000
const INVOICE_WITHIN_MS = 1_000
/** One draws while another waits for Postgres. */
const CLOSES_AT_ONCE = 3

/** Events per second into Postgres with their roll-ups, by four writers as four proxies' shippers would. */
export const measureIngest = (bench: BillingBench, events = 200_000): Promise<Figure> =>
  withPools(bench, async ({ owner, shipper }) => {
    const orgs = await createOrganizations(owner, 50)
    const batches = Array.from({ length: events / BATCH }, (_, batch) =>
      Array.from({ length: BATCH }, (_unused, index) => {
        const org = orgs[(batch * 3 + (index % 5)) % orgs.length]
        if (org === undefined) throw new RangeError('no organization')
        return eventOf(org, batch * BATCH + index)
      }),
    )
    const startedAt = performance.now()
    const write = async (): Promise<void> => {
      for (let next = batches.shift(); next !== undefined; next = batches.shift())
        await ingestUsageEvents(shipper, { events: next })
    }
    await Promise.all([write(), write(), write(), write()])
    const perSecond = Math.round(events / ((performance.now() - startedAt) / 1_000))
    return {
      name: 'ingest with roll-ups',
      value: `${perSecond} events/s`,
      reach: `≥ ${INGEST_PER_SECOND}/s`,
      ok: perSecond >= INGEST_PER_SECOND,
    }
  })

/** How long it takes to close a month of many organizations, documents included; stated for 10,000. */
export const measureClose = (bench: BillingBench, organizations = CLOSED_ORGANIZATIONS): Promise<Figure> =>
  withPools(bench, async ({ owner, shipper, worker }) => {
    const orgs = await createOrganizations(owner, organizations)
    const events = orgs.flatMap((org, index) => Array.from({ length: 5 }, (_, at) => eventOf(org, index * 5 + at)))
    for (let at = 0; at < events.length; at += BATCH)
      await ingestUsageEvents(shipper, { events: events.slice(at, at + BATCH) })
    await postAllUsage(worker)
    bench.note(`closing ${organizations} organizations`)
    const startedAt = performance.now()
    const waiting = [...orgs]
    const close = async (): Promise<void> => {
      for (let org = waiting.shift(); org !== undefined; org = waiting.shift()) {
        const result = await closePeriod(worker, {
          orgId: org.id,
          period: PERIOD,
          nowMs: CLOSED_AT_MS,
          graceMs: GRACE_MS,
          minimumCents: 0n,
        })
        if (result.kind === 'blocked') throw new Error(result.reason)
      }
    }
    await Promise.all(Array.from({ length: CLOSES_AT_ONCE }, close))
    const tookMs = ((performance.now() - startedAt) / organizations) * CLOSED_ORGANIZATIONS
    return {
      name: `close of ${CLOSED_ORGANIZATIONS} organizations${organizations === CLOSED_ORGANIZATIONS ? '' : ` (from ${organizations})`}`,
      value: `${(tookMs / 60_000).toFixed(1)} min`,
      reach: '< 10 min',
      ok: tookMs < CLOSE_WITHIN_MS,
    }
  })

/** What is measured is the close, with its days digested as the hourly job leaves them; of so few events that none are kept, it reads the events. */
export const measureBigInvoice = (bench: BillingBench, events = 10_000_000): Promise<Figure> =>
  withPools(bench, async ({ owner, shipper, worker }) => {
    const [org] = await createOrganizations(owner, 1)
    if (org === undefined) throw new RangeError('no organization')
    const made = await multiplyEvents({ owner, shipper, worker }, eventOf(org, 1), events)
    bench.note(`${made} events and their roll-ups are there`)
    await postAllUsage(worker)
    const freezingAt = performance.now()
    await prepareWitness(worker, { orgId: org.id, period: PERIOD })
    bench.note(`days digested in ${Math.round((performance.now() - freezingAt) / 1_000)} s`)
    const startedAt = performance.now()
    const result = await closePeriod(worker, {
      orgId: org.id,
      period: PERIOD,
      nowMs: CLOSED_AT_MS,
      graceMs: GRACE_MS,
      minimumCents: 0n,
    })
    const tookMs = performance.now() - startedAt
    if (result.kind === 'blocked') throw new Error(result.reason)
    return {
      name: `one invoice of ${made} events (rows made by generate_series, roll-ups by the statement of rebuild-rollups, days digested before, as the hourly job does)`,
      value: `${Math.round(tookMs)} ms`,
      reach: `< ${INVOICE_WITHIN_MS} ms`,
      ok: tookMs < INVOICE_WITHIN_MS,
    }
  })
