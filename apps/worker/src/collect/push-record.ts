import { periodRange } from '@atpar/core/invoice'
import type { InvoicePush, PushedLine } from '@atpar/billing/push-invoice'
import type { Reader } from '../billing/transaction.ts'

/** One invoice under way to Stripe, as it was claimed. */
export interface Claim {
  readonly invoiceId: string
  readonly orgId: string
  readonly number: string
  readonly period: string
  readonly amountCents: bigint
  readonly prepaidCents: bigint
  readonly version: number
  /** Counts this one. From the second on, what the earlier ones left is looked for first. */
  readonly attempts: number
}

/** For as long nobody else takes it up. A crash costs this much time and nothing else. */
const LEASE_SECONDS = 120

interface ClaimRow {
  readonly org_id: string
  readonly number: string
  readonly period: string
  readonly amount_cents: string
  readonly prepaid_cents: string
  readonly push_version: number
  readonly attempts: number
}

/** Takes an invoice that is due to be pushed, for two minutes. Null when it is not, or somebody else has it. */
export const claimPush = async (reader: Reader, invoiceId: string): Promise<Claim | null> => {
  const { rows } = await reader.query<ClaimRow>(
    `UPDATE invoice_collection c SET state = 'pushing', attempts = attempts + 1, push_started_at = coalesce(push_started_at, now()),
      next_attempt_at = now() + make_interval(secs => $2), updated_at = now()
    FROM invoice i WHERE i.org_id = c.org_id AND i.id = c.invoice_id AND c.invoice_id = $1 AND c.state IN ('draft', 'pushing') AND c.next_attempt_at <= now()
    RETURNING c.org_id, i.number, i.period::text, c.amount_cents::text, c.prepaid_cents::text, c.push_version, c.attempts`,
    [invoiceId, LEASE_SECONDS],
  )
  const [row] = rows
  if (row === undefined) return null
  return {
    invoiceId,
    orgId: row.org_id,
    number: row.number,
    period: row.period,
    amountCents: BigInt(row.amount_cents),
    prepaidCents: BigInt(row.prepaid_cents),
    version: row.push_version,
    attempts: row.attempts,
  }
}

const readLines = async (reader: Reader, claim: Claim): Promise<readonly PushedLine[]> => {
  const { rows } = await reader.query<{ id: string; description: string; cents: string }>(
    'SELECT id, description, cents::text FROM invoice_line WHERE org_id = $1 AND invoice_id = $2 ORDER BY position',
    [claim.orgId, claim.invoiceId],
  )
  const lines = rows.map((row) => ({ lineId: row.id, description: row.description, cents: BigInt(row.cents) }))
  return claim.prepaidCents === 0n
    ? lines
    : [
        ...lines,
        {
          lineId: claim.invoiceId,
          description: 'Paid from the prepaid balance',
          cents: -claim.prepaidCents,
          isTaxFree: true,
        },
      ]
}

export const toPush = async (
  reader: Reader,
  claim: Claim,
  push: { readonly customerId: string; readonly isTaxed: boolean },
): Promise<InvoicePush> => {
  const { fromMs, toMs } = periodRange(claim.period)
  return {
    ...push,
    invoiceId: claim.invoiceId,
    number: claim.number,
    version: claim.version,
    amountCents: claim.amountCents,
    lines: await readLines(reader, claim),
    // Stripe's end is the last second of it.
    period: { start: fromMs / 1000, end: toMs / 1000 - 1 },
  }
}

/** Which proof of this organization's books fails as of its newest run; null when none does. */
export const findFailedProof = async (reader: Reader, { orgId, period }: Claim): Promise<string | null> => {
  const { rows } = await reader.query<{ proof: string; difference: string }>(
    `SELECT proof, difference_pusd::text AS difference FROM (
      SELECT DISTINCT ON (proof) proof, difference_pusd FROM proof_run WHERE org_id = $1 AND proof IN ('P1', 'P2', 'P3', 'P4', 'P5') AND (period = $2::date OR proof = 'P4')
      ORDER BY proof, ran_at DESC, id DESC) AS newest WHERE difference_pusd <> 0 ORDER BY proof LIMIT 1`,
    [orgId, period],
  )
  const [row] = rows
  return row === undefined ? null : `proof ${row.proof} is off by ${row.difference} pUSD`
}

/** The next attempt begins with a new version: keys of this one are of no use any more. */
export const startOver = async (
  reader: Reader,
  claim: Claim,
  why: { readonly error: string; readonly waitSeconds: number; readonly blockedReason?: 'mismatch' },
): Promise<void> => {
  await reader.query(
    `UPDATE invoice_collection SET state = 'draft', push_version = $2 + 1, push_started_at = NULL, stripe_invoice_id = NULL, last_error = $3, blocked_reason = $4,
      next_attempt_at = now() + make_interval(secs => $5), updated_at = now() WHERE invoice_id = $1 AND state = 'pushing' AND push_version = $2`,
    [claim.invoiceId, claim.version, why.error, why.blockedReason ?? null, why.waitSeconds],
  )
}

/** The next attempt goes on where this one stopped. */
export const tryLater = async (
  reader: Reader,
  claim: Claim,
  why: {
    readonly error: string
    readonly waitSeconds: number
    readonly blockedReason?: 'refused' | 'tax_location'
  },
): Promise<void> => {
  await reader.query(
    `UPDATE invoice_collection SET last_error = $2, blocked_reason = $3, next_attempt_at = now() + make_interval(secs => $4), updated_at = now()
    WHERE invoice_id = $1 AND state = 'pushing'`,
    [claim.invoiceId, why.error, why.blockedReason ?? null, why.waitSeconds],
  )
}

export const rememberDraft = async (reader: Reader, claim: Claim, stripeInvoiceId: string): Promise<void> => {
  await reader.query('UPDATE invoice_collection SET stripe_invoice_id = $2, updated_at = now() WHERE invoice_id = $1', [
    claim.invoiceId,
    stripeInvoiceId,
  ])
}
