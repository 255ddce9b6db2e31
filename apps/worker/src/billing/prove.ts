import { pusd } from '@atpar/core/money'
import {
  proveEventsEqualLedger,
  proveEventsPlacedOnce,
  proveInvoiceEqualsUsage,
  proveLinesEqualInvoice,
  type ProofResult,
} from '@atpar/core/proofs'
import { USAGE_BUCKETS } from '@atpar/core/usage'
import { EVIDENCE_VERSION } from '@atpar/db/evidence-sql'
import { newId } from './post-ledger.ts'
import { proveP4 } from './prove-book.ts'
import { proveP7 } from './prove-clearing.ts'
import { proveP6 } from './prove-provider-bill.ts'
import type { Reader } from './transaction.ts'
import { readEvidence } from './evidence.ts'
import { proveP1Frozen, readFrozenPlacement, type Witness } from './prove-frozen.ts'
import { eventBucket, EVENTS_OF_PERIOD, rollupBucket, type OrgPeriod } from './usage-figures.ts'

const money = (text: string | undefined) => pusd(BigInt(text ?? 0))

const one = async <Row extends object>(
  reader: Reader,
  text: string,
  values: readonly unknown[],
): Promise<Row | undefined> => {
  const { rows } = await reader.query<Row>(text, [...values])
  return rows[0]
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
  const row = await one<P1Row>(reader, P1_FIGURES, [orgId, period])
  return proveEventsEqualLedger({
    eventCount: BigInt(row?.event_count ?? 0),
    eventBilled: money(row?.event_billed),
    eventAbsorbed: money(row?.event_absorbed),
    rollupCount: BigInt(row?.rollup_count ?? 0),
    rollupBilled: money(row?.rollup_billed),
    rollupAbsorbed: money(row?.rollup_absorbed),
    ledgerBilled: money(row?.ledger_billed),
    ledgerAbsorbed: money(row?.ledger_absorbed),
    mismatchedGroups: BigInt(row?.mismatched ?? 0),
  })
}

interface P2Row {
  readonly usage: string
  readonly invoice_usage: string
  readonly interim: string
  readonly invoice_interim: string
  readonly carry_in: string
  readonly carry_out: string
  readonly previous_carry_out: string
  readonly total_cents: string
}

const DIGESTS_OF_PERIOD = 'FROM usage_day_digest WHERE org_id = $1 AND invoice_period = $2::date'

/** The invoices of months are chained in the order in which they were issued, which is the order of their ids. Interim ones carry nothing on. */
const proveP2 = async (reader: Reader, { orgId, period }: OrgPeriod, witness: Witness): Promise<ProofResult> => {
  const row = await one<P2Row>(
    reader,
    `SELECT i.usage_pusd::text AS invoice_usage, i.interim_pusd::text AS invoice_interim,
      (SELECT coalesce(sum(p.total_cents), 0) * 10000000000 FROM invoice p WHERE p.org_id = i.org_id AND p.period = i.period AND p.sequence > 1)::text AS interim,
      i.carry_in_pusd::text AS carry_in, i.carry_out_pusd::text AS carry_out, i.total_cents::text AS total_cents,
      (SELECT coalesce(sum(billed_pusd), 0) ${witness === 'events' ? EVENTS_OF_PERIOD : DIGESTS_OF_PERIOD})::text AS usage,
      coalesce((SELECT CASE WHEN EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.natural_key = 'residue:' || p.id) THEN 0 ELSE p.carry_out_pusd END FROM invoice p WHERE p.org_id = i.org_id AND p.sequence = 1 AND p.id < i.id ORDER BY p.id DESC LIMIT 1), 0)::text AS previous_carry_out
    FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1`,
    [orgId, period],
  )
  return proveInvoiceEqualsUsage({
    usage: money(row?.usage),
    invoiceUsage: money(row?.invoice_usage),
    interim: money(row?.interim),
    invoiceInterim: money(row?.invoice_interim),
    carryIn: money(row?.carry_in),
    previousCarryOut: money(row?.previous_carry_out),
    carryOut: money(row?.carry_out),
    totalCents: BigInt(row?.total_cents ?? 0),
  })
}

const proveP3 = async (reader: Reader, { orgId, period }: OrgPeriod): Promise<ProofResult> => {
  const row = await one<{ cents: string; amounts: string; total_cents: string }>(
    reader,
    `SELECT i.total_cents::text AS total_cents, coalesce(sum(l.cents), 0)::text AS cents, coalesce(sum(l.amount_pusd), 0)::text AS amounts
    FROM invoice i LEFT JOIN invoice_line l ON l.invoice_id = i.id AND l.org_id = i.org_id
    WHERE i.org_id = $1 AND i.period = $2::date GROUP BY i.id
    -- Of several invoices of the month the one that is off, if any.
    ORDER BY abs(coalesce(sum(l.cents), 0) - i.total_cents) + abs(coalesce(sum(l.amount_pusd), 0) - i.total_cents * 10000000000) DESC, i.sequence LIMIT 1`,
    [orgId, period],
  )
  return proveLinesEqualInvoice({
    lineCents: BigInt(row?.cents ?? 0),
    lineAmounts: money(row?.amounts),
    totalCents: BigInt(row?.total_cents ?? 0),
  })
}

interface P5Row {
  readonly unplaced: string
  readonly issued_hash: string | null
  readonly issued_version: number | null
  readonly issued_count: string | null
}

const PLACED_BY_EVENTS = `
  SELECT
    (SELECT count(*) ${EVENTS_OF_PERIOD} AND (invoice_period < billing_period OR billing_period <> date_trunc('month', started_at AT TIME ZONE 'UTC')::date
      OR (kind = 'settle' AND NOT (request_id >= uuid_v7_floor(date_trunc('milliseconds', started_at)) AND request_id < uuid_v7_floor(date_trunc('milliseconds', started_at) + interval '1 millisecond')))))::text AS misdated,
    (SELECT count(*) FROM (SELECT key_id ${EVENTS_OF_PERIOD}) AS event JOIN api_key k ON k.id = event.key_id WHERE k.org_id <> $1)::text AS foreign_events`

const readPlacement = async (reader: Reader, scope: OrgPeriod, version: number) => {
  const row = await one<{ misdated: string; foreign_events: string }>(reader, PLACED_BY_EVENTS, [
    scope.orgId,
    scope.period,
  ])
  return {
    misdated: BigInt(row?.misdated ?? 0),
    foreign: BigInt(row?.foreign_events ?? 0),
    evidence: await readEvidence(reader, scope, version),
  }
}

const P5_ISSUED = `
  SELECT
    ((SELECT count(*) FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1 AND NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = i.org_id AND c.period = i.period))
      + (SELECT greatest(count(*) - 1, 0) FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1))::text AS unplaced,
    (SELECT i.evidence ->> 'sha256' FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1) AS issued_hash,
    (SELECT coalesce(i.evidence ->> 'version', '1')::int FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1) AS issued_version,
    (SELECT i.event_count FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1)::text AS issued_count`

const proveP5 = async (reader: Reader, scope: OrgPeriod, witness: Witness): Promise<ProofResult> => {
  const row = await one<P5Row>(reader, P5_ISSUED, [scope.orgId, scope.period])
  const { misdated, foreign, evidence } =
    witness === 'events'
      ? await readPlacement(reader, scope, row?.issued_version ?? EVIDENCE_VERSION)
      : await readFrozenPlacement(reader, scope)
  const isIssued = row?.issued_hash != null
  return proveEventsPlacedOnce({
    eventCount: evidence.eventCount,
    misdated,
    foreign,
    unplaced: BigInt(row?.unplaced ?? 0),
    evidenceNow: isIssued ? evidence.sha256 : '',
    evidenceIssued: row?.issued_hash ?? '',
    invoicedCount: BigInt(row?.issued_count ?? 0),
  })
}

/** What must hold before an invoice is made: nothing of it is there yet. */
export const proveBeforeClose = async (
  reader: Reader,
  scope: OrgPeriod,
  witness: Witness,
): Promise<readonly ProofResult[]> => [
  await (witness === 'events' ? proveP1 : proveP1Frozen)(reader, scope),
  await proveP5(reader, scope, witness),
]

/** All that can be proved of one organization and period: P2 and P3 only once there is an invoice, P4 once money has moved through Stripe. */
export const proveAll = async (
  reader: Reader,
  scope: OrgPeriod,
  witness: Witness = 'events',
): Promise<readonly ProofResult[]> => {
  const invoice = await one(reader, 'SELECT 1 FROM invoice WHERE org_id = $1 AND period = $2::date AND sequence = 1', [
    scope.orgId,
    scope.period,
  ])
  const cash = await proveP4(reader, scope.orgId)
  const results = [
    ...(await proveBeforeClose(reader, scope, witness)),
    ...(cash === null ? [] : [cash]),
    await proveP6(reader, scope),
    await proveP7(reader, scope),
  ]
  return invoice === undefined
    ? results
    : [...results, await proveP2(reader, scope, witness), await proveP3(reader, scope)]
}

export const recordProofs = async (
  reader: Reader,
  { orgId, period }: OrgPeriod,
  results: readonly ProofResult[],
): Promise<void> => {
  for (const result of results) {
    await reader.query(
      'INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail) VALUES ($1, $2, $3, $4, $5, $6)',
      [newId(), orgId, result.proof, period, result.differencePusd.toString(), JSON.stringify(result.detail)],
    )
  }
}
