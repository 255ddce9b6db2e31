import {
  composeInvoice,
  invoiceNumber,
  minimumChargeCents,
  partsOfLines,
  type ComposedInvoice,
  type LinePart,
  type UnitTotals,
} from '@atpar/core/invoice'
import { ACCOUNTS, postInterimInvoice, postInvoice } from '@atpar/core/ledger'
import { PUSD_PER_CENT, pusd, type Pusd } from '@atpar/core/money'
import { holds, type ProofResult } from '@atpar/core/proofs'
import { EVIDENCE_RULE, EVIDENCE_VERSION } from '@atpar/db/evidence-sql'
import type { Pool } from '@atpar/db/pool'
import { PERIOD_CLOSE_LOCK } from '@atpar/db/usage-ingest'
import { openCollection } from '../collect/open-collection.ts'
import { findClosingObstacle } from './close-gate.ts'
import type { EventEvidence } from './evidence.ts'
import { issueDocument } from '../documents/issue-document.ts'
import { newId, postMissingUsage, writePosting } from './post-ledger.ts'
import { amountOf } from './amount-column.ts'
import { prepareWitness } from './prove-frozen.ts'
import { proveAll, proveBeforeClose, recordProofs } from './prove.ts'
import { inTransaction, lockLedger, type Connection, type Reader } from './transaction.ts'
import { readInvoiceUsage, type FundedUsage, type OrgPeriod } from './usage-figures.ts'
import { readWitnessed } from './witnessed.ts'

export interface CloseInput extends OrgPeriod {
  readonly nowMs: number
  readonly graceMs: number
  readonly minimumCents: bigint
  /** The document waits until Stripe has computed the tax: whoever collects calls `issueDocument` then. What is not collected has it at once. */
  readonly documentWaitsForTax?: boolean
}

export interface IssuedInvoice {
  readonly id: string
  readonly number: string
  readonly status: 'finalised' | 'carried' | 'paid'
  readonly totalCents: bigint
  readonly usagePusd: Pusd
  /** Of the HTML; null while the document waits for the tax. */
  readonly documentSha256: string | null
}

export type CloseResult =
  | { readonly kind: 'closed'; readonly invoice: IssuedInvoice; readonly isNew: boolean }
  /** Blocks this organization only. The reason is in `proof_run` too. */
  | { readonly kind: 'blocked'; readonly reason: string }

const findInvoice = async (reader: Reader, { orgId, period }: OrgPeriod): Promise<IssuedInvoice | null> => {
  const { rows } = await reader.query<{
    id: string
    number: string
    status: IssuedInvoice['status']
    total_cents: string
    usage_pusd: string
    hash: string | null
  }>(
    `SELECT i.id, i.number, i.status, i.total_cents::text, i.usage_pusd::text, encode(d.html_sha256, 'hex') AS hash
    FROM period_close c JOIN invoice i ON i.org_id = c.org_id AND i.id = c.invoice_id LEFT JOIN invoice_document d ON d.org_id = i.org_id AND d.invoice_id = i.id WHERE c.org_id = $1 AND c.period = $2::date`,
    [orgId, period],
  )
  const row = rows[0]
  if (row === undefined) return null
  return {
    id: row.id,
    number: row.number,
    status: row.status,
    totalCents: BigInt(row.total_cents),
    usagePusd: pusd(BigInt(row.usage_pusd)),
    documentSha256: row.hash,
  }
}

const readCarryIn = async (reader: Reader, orgId: string): Promise<Pusd> => {
  const { rows } = await reader.query<{ balance: string }>(
    'SELECT coalesce(sum(amount_pusd), 0)::text AS balance FROM ledger_entry WHERE org_id = $1 AND account = $2',
    [orgId, ACCOUNTS.carryOver],
  )
  return amountOf(rows[0]?.balance)
}

/** What interim invoices of the period have claimed of its usage. */
export const readInterimClaims = async (
  reader: Reader,
  { orgId, period }: OrgPeriod,
): Promise<{ readonly claimedPusd: Pusd; readonly lastSequence: number }> => {
  const { rows } = await reader.query<{ cents: string; last: number }>(
    `SELECT coalesce(sum(total_cents), 0)::text AS cents, coalesce(max(sequence), 1)::int AS last FROM invoice
    WHERE org_id = $1 AND period = $2::date AND sequence > 1`,
    [orgId, period],
  )
  return { claimedPusd: pusd(BigInt(rows[0]?.cents ?? 0) * PUSD_PER_CENT), lastSequence: rows[0]?.last ?? 1 }
}

export const readOrganization = async (reader: Reader, orgId: string): Promise<{ slug: string; name: string }> => {
  const { rows } = await reader.query<{ slug: string; name: string }>(
    'SELECT slug, name FROM organization WHERE id = $1',
    [orgId],
  )
  if (rows[0] === undefined) throw new Error(`There is no organization ${orgId}.`)
  return rows[0]
}

/** A proof that does not hold rolls the whole close back. */
class ProofFailure extends Error {
  readonly results: readonly ProofResult[]
  constructor(results: readonly ProofResult[]) {
    const failed = results.filter((result) => !holds(result))
    super(`proof ${failed.map((result) => `${result.proof} is off by ${result.differencePusd} pUSD`).join(', ')}`)
    this.name = 'ProofFailure'
    this.results = results
  }
}

const demand = (results: readonly ProofResult[]): void => {
  if (!results.every(holds)) throw new ProofFailure(results)
}

export interface Draft {
  readonly id: string
  /** 1 = the invoice of the month, which closes it; from 2 on they are interim. */
  readonly sequence: number
  readonly number: string
  readonly invoice: ComposedInvoice
  readonly usage: readonly FundedUsage[]
  readonly evidence: EventEvidence
}

/** Counts of a month can pass 2^53, but text loses nothing and Postgres keeps the number. */
const encodeUnits = (units: UnitTotals): string =>
  `{${Object.entries(units)
    .map(([bucket, count]) => `"${bucket}":${count}`)
    .join(',')}}`

const textOf = (units: UnitTotals): Record<string, string> =>
  Object.fromEntries(Object.entries(units).map(([bucket, count]) => [bucket, count.toString()]))

const describeUsage = (usage: Omit<LinePart, 'position' | 'isCorrection'>) => ({
  month: usage.billingPeriod,
  model: usage.modelId,
  provider: usage.provider,
  priceBook: usage.priceBookId,
  events: usage.events.toString(),
  units: textOf(usage.units),
  costPusd: usage.costPusd.toString(),
  absorbedPusd: usage.absorbedPusd.toString(),
  billedPusd: usage.billedPusd.toString(),
})

export const isPlatform = (usage: FundedUsage): boolean => usage.funding === 'platform'

const encodeEvidence = ({ invoice, usage, evidence }: Draft, period: string): string =>
  JSON.stringify({
    version: EVIDENCE_VERSION,
    eventCount: evidence.eventCount.toString(),
    billedPusd: evidence.billedPusd.toString(),
    sha256: evidence.sha256,
    rule: EVIDENCE_RULE,
    days: evidence.days.map((day) => ({
      day: day.day,
      events: day.eventCount.toString(),
      billedPusd: day.billedPusd.toString(),
      sha256: day.sha256,
    })),
    lines: invoice.lines.map((line) => ({
      position: line.position,
      events: line.events.toString(),
      costPusd: line.costPusd.toString(),
      absorbedPusd: line.absorbedPusd.toString(),
      amountPusd: line.amountPusd.toString(),
    })),
    // Apart by price book, which a line is not.
    rows: partsOfLines(invoice, { usage: usage.filter(isPlatform), period }).map((part) => ({
      position: part.position,
      isCorrection: part.isCorrection,
      ...describeUsage(part),
    })),
    // On the customer's own keys and machines: told, at $0.
    ownUsage: usage
      .filter((group) => !isPlatform(group))
      .map((group) => ({ funding: group.funding, ...describeUsage(group) })),
  })

const writeLines = (
  connection: Connection,
  { orgId, invoiceId }: { readonly orgId: string; readonly invoiceId: string },
  lines: ComposedInvoice['lines'],
) =>
  connection.query(
    `INSERT INTO invoice_line (org_id, invoice_id, id, position, kind, description, billing_period, model_id, provider, price_book_id, units, amount_pusd, cents)
    SELECT $1, $2, line.* FROM unnest($3::uuid[], $4::int[], $5::text[], $6::text[], $7::date[], $8::text[], $9::text[], $10::int[], $11::jsonb[], $12::numeric[], $13::bigint[]) AS line`,
    [
      orgId,
      invoiceId,
      lines.map(newId),
      lines.map((line) => line.position),
      lines.map((line) => line.kind),
      lines.map((line) => line.description),
      lines.map((line) => line.billingPeriod),
      lines.map((line) => line.modelId),
      lines.map((line) => line.provider),
      lines.map((line) => line.priceBookId),
      lines.map((line) => encodeUnits(line.units)),
      lines.map((line) => line.amountPusd.toString()),
      lines.map((line) => line.cents.toString()),
    ],
  )

export const writeInvoice = async (
  connection: Connection,
  input: OrgPeriod & { readonly nowMs: number },
  draft: Draft,
): Promise<void> => {
  const { orgId, period } = input
  const { id, invoice } = draft
  await connection.query(
    `INSERT INTO invoice (id, org_id, period, number, status, usage_pusd, carry_in_pusd, carry_out_pusd, total_cents, event_count, evidence, issued_at, sequence, interim_pusd)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      id,
      orgId,
      period,
      draft.number,
      invoice.status,
      invoice.usagePusd.toString(),
      invoice.carryInPusd.toString(),
      invoice.carryOutPusd.toString(),
      invoice.totalCents.toString(),
      draft.evidence.eventCount.toString(),
      encodeEvidence(draft, period),
      new Date(input.nowMs),
      draft.sequence,
      invoice.interimPusd.toString(),
    ],
  )
  await writeLines(connection, { orgId, invoiceId: id }, invoice.lines)
  await openCollection(connection, { orgId, invoiceId: id, totalCents: invoice.totalCents })
  const figures = { ...invoice, orgId, period, sequence: draft.sequence, number: draft.number }
  await writePosting(connection, draft.sequence === 1 ? postInvoice(figures) : postInterimInvoice(figures))
  if (draft.sequence !== 1) return
  await connection.query('INSERT INTO period_close (org_id, period, invoice_id) VALUES ($1, $2, $3)', [
    orgId,
    period,
    id,
  ])
}

/** When the oldest invoice of the unbroken chain of carried ones was issued, null when the last one was collected. */
const readCarriedSince = async (reader: Reader, orgId: string): Promise<number | null> => {
  const { rows } = await reader.query<{ since: Date | null }>(
    `SELECT min(issued_at) AS since FROM invoice i WHERE i.org_id = $1 AND i.status = 'carried'
      AND NOT EXISTS (SELECT 1 FROM invoice later WHERE later.org_id = i.org_id AND later.id > i.id AND later.status <> 'carried')`,
    [orgId],
  )
  return rows[0]?.since?.getTime() ?? null
}

const composeDraft = async (connection: Connection, input: CloseInput, evidence: EventEvidence): Promise<Draft> => {
  const organization = await readOrganization(connection, input.orgId)
  const usage = await readInvoiceUsage(connection, input)
  const invoice = composeInvoice({
    period: input.period,
    usage: usage.filter(isPlatform),
    carryInPusd: await readCarryIn(connection, input.orgId),
    interimPusd: (await readInterimClaims(connection, input)).claimedPusd,
    minimumCents: minimumChargeCents(input.minimumCents, await readCarriedSince(connection, input.orgId), input.nowMs),
  })
  const number = invoiceNumber(organization.slug, input.period, 1)
  return { id: newId(), sequence: 1, number, invoice, usage, evidence }
}

/**
 * Everything in one transaction under the exclusive side of the lock that ingest holds shared: no event can slip in between the sum and the
 * close. An event that comes later finds the period closed and is billed in the next open one.
 */
const closeUnderLock = async (
  connection: Connection,
  input: CloseInput,
): Promise<{ readonly invoice: IssuedInvoice; readonly isNew: boolean }> => {
  await connection.query(`SELECT pg_advisory_xact_lock(${PERIOD_CLOSE_LOCK})`)
  await lockLedger(connection, input.orgId)
  const known = await findInvoice(connection, input)
  if (known !== null) return { invoice: known, isNew: false }
  await postMissingUsage(connection, input.orgId)
  // Read once: the lock keeps every event out, and a close writes none.
  const witnessed = await readWitnessed(connection, input, { witness: await prepareWitness(connection, input) })
  demand(await proveBeforeClose(connection, input, witnessed))
  const draft = await composeDraft(connection, input, witnessed.evidence)
  await writeInvoice(connection, input, draft)
  const proofs = await proveAll(connection, input, witnessed)
  demand(proofs)
  await recordProofs(connection, input, proofs)
  const { id, number, invoice } = draft
  const { status, totalCents, usagePusd } = invoice
  return { invoice: { id, number, status, totalCents, usagePusd, documentSha256: null }, isNew: true }
}

const recordBlock = async (reader: Reader, { orgId, period }: OrgPeriod, reason: string): Promise<void> => {
  await reader.query(
    `INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail) VALUES ($1, $2, 'gate', $3, 1, $4)`,
    [newId(), orgId, period, JSON.stringify({ blockedBecause: reason })],
  )
}

/** After the commit, because drawing takes longer than closing and the lock keeps ingest waiting. A run that ended in between is made up for by the next. */
const withDocument = async (pool: Pool, input: CloseInput, invoice: IssuedInvoice): Promise<IssuedInvoice> => {
  const waits = input.documentWaitsForTax === true && invoice.status !== 'carried'
  if (invoice.documentSha256 !== null || waits) return invoice
  const document = await issueDocument(pool, { orgId: input.orgId, invoiceId: invoice.id, taxCents: null })
  return { ...invoice, documentSha256: document.htmlSha256 }
}

/** Closes one organization's period and issues its invoice. Running it again returns the same invoice, byte for byte. */
export const closePeriod = async (pool: Pool, input: CloseInput): Promise<CloseResult> => {
  const known = await findInvoice(pool, input)
  if (known !== null) return { kind: 'closed', invoice: await withDocument(pool, input, known), isNew: false }
  const obstacle = await findClosingObstacle(pool, input)
  if (obstacle !== null) {
    await recordBlock(pool, input, obstacle)
    return { kind: 'blocked', reason: obstacle }
  }
  try {
    // Outside of the lock, where it keeps nobody waiting.
    await prepareWitness(pool, input)
    const { invoice, isNew } = await inTransaction(pool, (connection) => closeUnderLock(connection, input))
    return { kind: 'closed', invoice: await withDocument(pool, input, invoice), isNew }
  } catch (error) {
    if (!(error instanceof ProofFailure)) throw error
    await recordProofs(pool, input, error.results)
    await recordBlock(pool, input, error.message)
    return { kind: 'blocked', reason: error.message }
  }
}
