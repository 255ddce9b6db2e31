import { proveEventsEqualLedger, type ProofResult } from '@atpar/core/proofs'
import { USAGE_BUCKETS } from '@atpar/core/usage'
import { amountOf } from './amount-column.ts'
import { readEvidence, type EventEvidence, type Witness } from './evidence.ts'
import { proveP1Frozen } from './prove-frozen.ts'
import type { Reader } from './transaction.ts'
import { eventBucket, EVENTS_OF_PERIOD, rollupBucket, type OrgPeriod } from './usage-figures.ts'

/** All that a close and its proofs need of the events of a period. */
export interface Witnessed {
  /** P1. */
  readonly eventsEqualLedger: ProofResult
  readonly evidence: EventEvidence
}

interface P1Row {
  readonly event_count: string
  readonly event_billed: string
  readonly event_absorbed: string
  readonly rollup_count: string
  readonly rollup_billed: string
  readonly rollup_absorbed: string
  readonly ledger_billed: string
  readonly ledger_absorbed: string
  readonly mismatched: string
}

const P1_FIGURES = `
  WITH event AS (
    SELECT model_id, provider, billing_period, price_book_id, funding, count(*) AS n, sum(billed_pusd) AS billed, sum(absorbed_pusd) AS absorbed, sum(cost_pusd) AS cost,
      ARRAY[${USAGE_BUCKETS.map(eventBucket).join(', ')}]::numeric[] AS units
    ${EVENTS_OF_PERIOD} GROUP BY 1, 2, 3, 4, 5
  ), rollup AS (
    SELECT model_id, provider, billing_period, price_book_id, funding, sum(events) AS n, sum(billed_pusd) AS billed, sum(absorbed_pusd) AS absorbed, sum(cost_pusd) AS cost,
      ARRAY[${USAGE_BUCKETS.map(rollupBucket).join(', ')}]::numeric[] AS units
    FROM usage_rollup_hourly WHERE org_id = $1 AND invoice_period = $2::date GROUP BY 1, 2, 3, 4, 5
  ), ledger AS (
    SELECT coalesce(sum(e.amount_pusd) FILTER (WHERE e.account = 'unbilled_usage'), 0) AS billed, coalesce(sum(e.amount_pusd) FILTER (WHERE e.account = 'absorbed'), 0) AS absorbed
    FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id WHERE t.org_id = $1 AND t.period = $2::date AND t.kind = 'usage'
  )
  SELECT (SELECT coalesce(sum(n), 0) FROM event)::text AS event_count, (SELECT coalesce(sum(billed), 0) FROM event)::text AS event_billed,
    -- What a customer's own key or machine cost is nobody's claim: only platform usage is absorbed by us.
    (SELECT coalesce(sum(absorbed) FILTER (WHERE funding = 'platform'), 0) FROM event)::text AS event_absorbed,
    (SELECT coalesce(sum(n), 0) FROM rollup)::text AS rollup_count, (SELECT coalesce(sum(billed), 0) FROM rollup)::text AS rollup_billed,
    (SELECT coalesce(sum(absorbed) FILTER (WHERE funding = 'platform'), 0) FROM rollup)::text AS rollup_absorbed,
    (SELECT billed FROM ledger)::text AS ledger_billed, (SELECT absorbed FROM ledger)::text AS ledger_absorbed,
    (SELECT count(*) FROM event FULL JOIN rollup USING (model_id, provider, billing_period, price_book_id, funding)
      WHERE (event.n, event.billed, event.absorbed, event.cost, event.units)
        IS DISTINCT FROM (rollup.n, rollup.billed, rollup.absorbed, rollup.cost, rollup.units))::text AS mismatched`

const proveP1 = async (reader: Reader, { orgId, period }: OrgPeriod): Promise<ProofResult> => {
  const { rows } = await reader.query<P1Row>({ name: 'events-equal-ledger', text: P1_FIGURES, values: [orgId, period] })
  const [row] = rows
  return proveEventsEqualLedger({
    eventCount: BigInt(row?.event_count ?? 0),
    eventBilled: amountOf(row?.event_billed),
    eventAbsorbed: amountOf(row?.event_absorbed),
    rollupCount: BigInt(row?.rollup_count ?? 0),
    rollupBilled: amountOf(row?.rollup_billed),
    rollupAbsorbed: amountOf(row?.rollup_absorbed),
    ledgerBilled: amountOf(row?.ledger_billed),
    ledgerAbsorbed: amountOf(row?.ledger_absorbed),
    mismatchedGroups: BigInt(row?.mismatched ?? 0),
  })
}

/**
 * Reading the events is most of what a proof costs: it is done once, and what is proven afterwards is compared with what was read.
 * Its statements have names, so that a run of closes plans them once and not for each: over partitions that takes longer than the reading.
 */
export const readWitnessed = async (
  reader: Reader,
  scope: OrgPeriod,
  by: { readonly witness: Witness; readonly version?: number },
): Promise<Witnessed> => ({
  eventsEqualLedger: await (by.witness === 'events' ? proveP1 : proveP1Frozen)(reader, scope),
  evidence: await readEvidence(reader, scope, by),
})
