import { pusd, type Pusd } from '@atpar/core/money'
import {
  proveEventsPlacedOnce,
  proveInvoiceEqualsUsage,
  proveLinesEqualInvoice,
  type ProofResult,
} from '@atpar/core/proofs'
import { EVIDENCE_VERSION } from '@atpar/db/evidence-sql'
import { amountOf } from './amount-column.ts'
import { newId } from './post-ledger.ts'
import { proveP4 } from './prove-book.ts'
import { proveP7 } from './prove-clearing.ts'
import { proveP6 } from './prove-provider-bill.ts'
import type { Reader } from './transaction.ts'
import type { OrgPeriod } from './usage-figures.ts'
import { readWitnessed, type Witnessed } from './witnessed.ts'

const one = async <Row extends object>(
  reader: Reader,
  statement: { readonly name: string; readonly text: string },
  { orgId, period }: OrgPeriod,
): Promise<Row | undefined> => {
  const { rows } = await reader.query<Row>({ ...statement, values: [orgId, period] })
  return rows[0]
}

interface P2Row {
  readonly invoice_usage: string
  readonly interim: string
  readonly invoice_interim: string
  readonly carry_in: string
  readonly carry_out: string
  readonly previous_carry_out: string
  readonly total_cents: string
}

/** The invoices of months are chained in the order in which they were issued, which is the order of their ids. Interim ones carry nothing on. */
const P2_FIGURES = `SELECT i.usage_pusd::text AS invoice_usage, i.interim_pusd::text AS invoice_interim,
      (SELECT coalesce(sum(p.total_cents), 0) * 10000000000 FROM invoice p WHERE p.org_id = i.org_id AND p.period = i.period AND p.sequence > 1)::text AS interim,
      i.carry_in_pusd::text AS carry_in, i.carry_out_pusd::text AS carry_out, i.total_cents::text AS total_cents,
      coalesce((SELECT CASE WHEN EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.natural_key = 'residue:' || p.id) THEN 0 ELSE p.carry_out_pusd END FROM invoice p WHERE p.org_id = i.org_id AND p.sequence = 1 AND p.id < i.id ORDER BY p.id DESC LIMIT 1), 0)::text AS previous_carry_out
    FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1`

const proveP2 = async (reader: Reader, scope: OrgPeriod, usage: Pusd): Promise<ProofResult> => {
  const row = await one<P2Row>(reader, { name: 'invoice-equals-usage', text: P2_FIGURES }, scope)
  return proveInvoiceEqualsUsage({
    usage,
    invoiceUsage: amountOf(row?.invoice_usage),
    interim: amountOf(row?.interim),
    invoiceInterim: amountOf(row?.invoice_interim),
    carryIn: amountOf(row?.carry_in),
    previousCarryOut: amountOf(row?.previous_carry_out),
    carryOut: amountOf(row?.carry_out),
    totalCents: BigInt(row?.total_cents ?? 0),
  })
}

const P3_FIGURES = `SELECT i.total_cents::text AS total_cents, coalesce(sum(l.cents), 0)::text AS cents, coalesce(sum(l.amount_pusd), 0)::text AS amounts
    FROM invoice i LEFT JOIN invoice_line l ON l.invoice_id = i.id AND l.org_id = i.org_id
    WHERE i.org_id = $1 AND i.period = $2::date GROUP BY i.id
    -- Of several invoices of the month the one that is off, if any.
    ORDER BY abs(coalesce(sum(l.cents), 0) - i.total_cents) + abs(coalesce(sum(l.amount_pusd), 0) - i.total_cents * 10000000000) DESC, i.sequence LIMIT 1`

const proveP3 = async (reader: Reader, scope: OrgPeriod): Promise<ProofResult> => {
  const row = await one<{ cents: string; amounts: string; total_cents: string }>(
    reader,
    { name: 'lines-equal-invoice', text: P3_FIGURES },
    scope,
  )
  return proveLinesEqualInvoice({
    lineCents: BigInt(row?.cents ?? 0),
    lineAmounts: amountOf(row?.amounts),
    totalCents: BigInt(row?.total_cents ?? 0),
  })
}

interface IssuedRow {
  readonly unplaced: string
  readonly issued_hash: string | null
  readonly issued_version: number | null
  /** Null while there is no invoice. */
  readonly issued_count: string | null
}

const ISSUED = `
  SELECT
    ((SELECT count(*) FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1 AND NOT EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = i.org_id AND c.period = i.period))
      + (SELECT greatest(count(*) - 1, 0) FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1))::text AS unplaced,
    (SELECT i.evidence ->> 'sha256' FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1) AS issued_hash,
    (SELECT coalesce(i.evidence ->> 'version', '1')::int FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1) AS issued_version,
    (SELECT i.event_count FROM invoice i WHERE i.org_id = $1 AND i.period = $2::date AND i.sequence = 1)::text AS issued_count`

const readIssued = (reader: Reader, scope: OrgPeriod): Promise<IssuedRow | undefined> =>
  one<IssuedRow>(reader, { name: 'issued-invoice', text: ISSUED }, scope)

const proveP5 = (issued: IssuedRow | undefined, { evidence }: Witnessed): ProofResult => {
  const isIssued = issued?.issued_hash != null
  return proveEventsPlacedOnce({
    eventCount: evidence.eventCount,
    misdated: evidence.misdated,
    foreign: evidence.foreign,
    unplaced: BigInt(issued?.unplaced ?? 0),
    evidenceNow: isIssued ? evidence.sha256 : '',
    evidenceIssued: issued?.issued_hash ?? '',
    invoicedCount: BigInt(issued?.issued_count ?? 0),
  })
}

/** What must hold before an invoice is made: nothing of it is there yet. */
export const proveBeforeClose = async (
  reader: Reader,
  scope: OrgPeriod,
  witnessed: Witnessed,
): Promise<readonly ProofResult[]> => [witnessed.eventsEqualLedger, proveP5(await readIssued(reader, scope), witnessed)]

/**
 * All that can be proved of one organization and period: P2 and P3 only once there is an invoice, P4 once money has moved through Stripe. Reads
 * the events, unless the caller has witnessed them and kept whatever could change them out since.
 */
export const proveAll = async (
  reader: Reader,
  scope: OrgPeriod,
  known: Witnessed | null = null,
): Promise<readonly ProofResult[]> => {
  const issued = await readIssued(reader, scope)
  const witnessed =
    known ??
    (await readWitnessed(reader, scope, { witness: 'events', version: issued?.issued_version ?? EVIDENCE_VERSION }))
  const cash = await proveP4(reader, scope.orgId)
  const results = [
    witnessed.eventsEqualLedger,
    proveP5(issued, witnessed),
    ...(cash === null ? [] : [cash]),
    await proveP6(reader, scope),
    await proveP7(reader, scope),
  ]
  return issued?.issued_count == null
    ? results
    : [...results, await proveP2(reader, scope, pusd(witnessed.evidence.billedPusd)), await proveP3(reader, scope)]
}

export const recordProofs = async (
  reader: Reader,
  { orgId, period }: OrgPeriod,
  results: readonly ProofResult[],
): Promise<void> => {
  await reader.query(
    `INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail)
    SELECT result.id, $1, result.proof, $2, result.difference, result.detail FROM unnest($3::uuid[], $4::text[], $5::numeric[], $6::jsonb[]) AS result (id, proof, difference, detail)`,
    [
      orgId,
      period,
      results.map(newId),
      results.map(({ proof }) => proof),
      results.map(({ differencePusd }) => differencePusd.toString()),
      results.map(({ detail }) => JSON.stringify(detail)),
    ],
  )
}
