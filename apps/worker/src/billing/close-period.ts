import { createHash } from 'node:crypto'
import { composeInvoice, invoiceNumber, type ComposedInvoice } from '@atpar/core/invoice'
import { ACCOUNTS, postInterimInvoice, postInvoice } from '@atpar/core/ledger'
import { PUSD_PER_CENT, pusd, type Pusd } from '@atpar/core/money'
import { holds, type ProofResult } from '@atpar/core/proofs'
import type { Pool } from '@atpar/db/pool'
import { PERIOD_CLOSE_LOCK } from '@atpar/db/usage-ingest'
import { findClosingObstacle } from './close-gate.ts'
import { renderInvoice } from './invoice-document.ts'
import { newId, postMissingUsage, writePosting } from './post-ledger.ts'
import { proveAll, proveP1, proveP5, recordProofs } from './prove.ts'
import { inTransaction, lockLedger, type Connection, type Reader } from './transaction.ts'
import { EVIDENCE_RULE, readEvidence, readInvoiceUsage, type EventEvidence, type OrgPeriod } from './usage-figures.ts'

export interface CloseInput extends OrgPeriod {
  readonly nowMs: number
  readonly graceMs: number
  readonly minimumCents: bigint
}

export interface IssuedInvoice {
  readonly id: string
  readonly number: string
  readonly status: 'finalised' | 'carried' | 'paid'
  readonly totalCents: bigint
  readonly usagePusd: Pusd
  readonly documentSha256: string
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
    hash: string
  }>(
    `SELECT i.id, i.number, i.status, i.total_cents::text, i.usage_pusd::text, encode(i.document_sha256, 'hex') AS hash
    FROM period_close c JOIN invoice i ON i.org_id = c.org_id AND i.id = c.invoice_id WHERE c.org_id = $1 AND c.period = $2::date`,
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
  return pusd(BigInt(rows[0]?.balance ?? 0))
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
  readonly evidence: EventEvidence
  readonly html: string
  readonly hash: Buffer
}

const encodeEvidence = ({ invoice, evidence }: Draft): string =>
  JSON.stringify({
    eventCount: evidence.eventCount.toString(),
    billedPusd: evidence.billedPusd.toString(),
    sha256: evidence.sha256,
    rule: EVIDENCE_RULE,
    lines: invoice.lines.map((line) => ({
      position: line.position,
      events: line.events.toString(),
      costPusd: line.costPusd.toString(),
      absorbedPusd: line.absorbedPusd.toString(),
      amountPusd: line.amountPusd.toString(),
    })),
  })

export const writeInvoice = async (
  connection: Connection,
  input: OrgPeriod & { readonly nowMs: number },
  draft: Draft,
): Promise<void> => {
  const { orgId, period } = input
  const { id, invoice } = draft
  await connection.query(
    `INSERT INTO invoice (id, org_id, period, number, status, usage_pusd, carry_in_pusd, carry_out_pusd, total_cents, event_count, evidence, document_html, document_sha256, issued_at, sequence, interim_pusd)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
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
      encodeEvidence(draft),
      draft.html,
      draft.hash,
      new Date(input.nowMs),
      draft.sequence,
      invoice.interimPusd.toString(),
    ],
  )
  for (const line of invoice.lines) {
    await connection.query(
      `INSERT INTO invoice_line (id, org_id, invoice_id, position, kind, description, billing_period, model_id, provider, price_book_id, units, amount_pusd, cents)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        newId(),
        orgId,
        id,
        line.position,
        line.kind,
        line.description,
        line.billingPeriod,
        line.modelId,
        line.provider,
        line.priceBookId,
        // Counts of a month are far below 2^53, but text loses nothing and Postgres keeps the number.
        `{${Object.entries(line.units)
          .map(([bucket, count]) => `"${bucket}":${count}`)
          .join(',')}}`,
        line.amountPusd.toString(),
        line.cents.toString(),
      ],
    )
  }
  const figures = { ...invoice, orgId, period, sequence: draft.sequence, number: draft.number }
  await writePosting(connection, draft.sequence === 1 ? postInvoice(figures) : postInterimInvoice(figures))
  if (draft.sequence !== 1) return
  await connection.query('INSERT INTO period_close (org_id, period, invoice_id) VALUES ($1, $2, $3)', [
    orgId,
    period,
    id,
  ])
}

const composeDraft = async (connection: Connection, input: CloseInput): Promise<Draft> => {
  const organization = await readOrganization(connection, input.orgId)
  const evidence = await readEvidence(connection, input)
  const invoice = composeInvoice({
    period: input.period,
    usage: await readInvoiceUsage(connection, input),
    carryInPusd: await readCarryIn(connection, input.orgId),
    interimPusd: (await readInterimClaims(connection, input)).claimedPusd,
    minimumCents: input.minimumCents,
  })
  const number = invoiceNumber(organization.slug, input.period, 1)
  const html = renderInvoice({
    number,
    orgName: organization.name,
    period: input.period,
    issuedAtMs: input.nowMs,
    invoice,
    evidence: { ...evidence, rule: EVIDENCE_RULE },
  })
  return { id: newId(), sequence: 1, number, invoice, evidence, html, hash: createHash('sha256').update(html).digest() }
}

/**
 * Everything in one transaction under the exclusive side of the lock that ingest holds shared: no event can slip in between the sum and the
 * close. An event that comes later finds the period closed and is billed in the next open one.
 */
const closeUnderLock = async (connection: Connection, input: CloseInput): Promise<boolean> => {
  await connection.query(`SELECT pg_advisory_xact_lock(${PERIOD_CLOSE_LOCK})`)
  await lockLedger(connection, input.orgId)
  if ((await findInvoice(connection, input)) !== null) return false
  await postMissingUsage(connection, input.orgId)
  demand([await proveP1(connection, input), await proveP5(connection, input)])
  await writeInvoice(connection, input, await composeDraft(connection, input))
  const proofs = await proveAll(connection, input)
  demand(proofs)
  await recordProofs(connection, input, proofs)
  return true
}

const recordBlock = async (reader: Reader, { orgId, period }: OrgPeriod, reason: string): Promise<void> => {
  await reader.query(
    `INSERT INTO proof_run (id, org_id, proof, period, difference_pusd, detail) VALUES ($1, $2, 'gate', $3, 1, $4)`,
    [newId(), orgId, period, JSON.stringify({ blockedBecause: reason })],
  )
}

/** Closes one organization's period and issues its invoice. Running it again returns the same invoice, byte for byte. */
export const closePeriod = async (pool: Pool, input: CloseInput): Promise<CloseResult> => {
  const known = await findInvoice(pool, input)
  if (known !== null) return { kind: 'closed', invoice: known, isNew: false }
  const obstacle = await findClosingObstacle(pool, input)
  if (obstacle !== null) {
    await recordBlock(pool, input, obstacle)
    return { kind: 'blocked', reason: obstacle }
  }
  try {
    const isNew = await inTransaction(pool, (connection) => closeUnderLock(connection, input))
    const invoice = await findInvoice(pool, input)
    if (invoice === null)
      throw new Error(`The invoice of ${input.orgId} for ${input.period} is gone right after its commit.`)
    return { kind: 'closed', invoice, isNew }
  } catch (error) {
    if (!(error instanceof ProofFailure)) throw error
    await recordProofs(pool, input, error.results)
    await recordBlock(pool, input, error.message)
    return { kind: 'blocked', reason: error.message }
  }
}
