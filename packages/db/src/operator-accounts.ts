import { isUuid } from '@atpar/core/ids'
import type { JsonValue } from '@atpar/core/json'
import { pusd, type Pusd } from '@atpar/core/money'
import type { Tx } from './client.ts'

// Inside `withActor` of an operator throughout: the functions of the database answer nobody else.

export interface NewestProof {
  readonly orgSlug: string
  readonly orgName: string
  /** `YYYY-MM-01`. */
  readonly period: string
  readonly proof: string
  readonly differencePusd: Pusd
  readonly detail: JsonValue
  readonly ranAtMs: number
}

/** The newest run of every proof, organization and month of the last 40 days: what differs first. */
export const listNewestProofs = async (tx: Tx): Promise<readonly NewestProof[]> => {
  const rows = await tx.$queryRaw<
    {
      org_slug: string
      org_name: string
      period: string
      proof: string
      difference: string
      detail: JsonValue
      ran_at: Date
    }[]
  >`SELECT org_slug, org_name, period::text, proof, difference_pusd::text AS difference, detail, ran_at FROM operator_proofs()`
  return rows.map((row) => ({
    orgSlug: row.org_slug,
    orgName: row.org_name,
    period: row.period,
    proof: row.proof,
    differencePusd: pusd(BigInt(row.difference)),
    detail: row.detail,
    ranAtMs: row.ran_at.getTime(),
  }))
}

export interface ReconciledBucket {
  readonly bucket: string
  readonly ours: string
  readonly billed: string
  readonly difference: string
  readonly explanation: string
}

export interface ReconciledDay {
  readonly provider: string
  readonly model: string
  /** `YYYY-MM-DD`. */
  readonly day: string
  readonly verdict: 'equal' | 'explained' | 'different'
  readonly ourCostPusd: Pusd
  /** Null while no report of costs covers the day. */
  readonly billCostPusd: Pusd | null
  readonly buckets: readonly ReconciledBucket[]
  /** Different, and a person accepted it. */
  readonly isAccepted: boolean
}

export const listReconciledDays = async (tx: Tx, sinceDay: string): Promise<readonly ReconciledDay[]> => {
  const rows = await tx.$queryRaw<
    {
      provider: string
      model: string
      day: string
      verdict: ReconciledDay['verdict']
      ours: string
      billed: string | null
      buckets: readonly ReconciledBucket[]
      is_open: boolean
    }[]
  >`SELECT provider, model, day::text, verdict, our_cost_pusd::text AS ours, bill_cost_pusd::text AS billed, buckets, is_incident_open AS is_open
    FROM operator_reconciliation(${sinceDay}::date)`
  return rows.map((row) => ({
    provider: row.provider,
    model: row.model,
    day: row.day,
    verdict: row.verdict,
    ourCostPusd: pusd(BigInt(row.ours)),
    billCostPusd: row.billed === null ? null : pusd(BigInt(row.billed)),
    buckets: row.buckets,
    isAccepted: row.verdict === 'different' && !row.is_open,
  }))
}

export interface IncidentView {
  readonly incidentId: string
  readonly summary: string
  readonly orgSlug: string | null
  readonly openedAtMs: number
  /** Null while open. */
  readonly closedAtMs: number | null
  /** Null when it went away by itself. */
  readonly closedBy: string | null
  readonly closingReason: string | null
}

/** Open ones first. */
export const listIncidents = async (tx: Tx): Promise<readonly IncidentView[]> => {
  const rows = await tx.$queryRaw<
    {
      incident_id: string
      summary: string
      org_slug: string | null
      opened_at: Date
      closed_at: Date | null
      closed_by_name: string | null
      closing_reason: string | null
    }[]
  >`SELECT incident_id::text, summary, org_slug, opened_at, closed_at, closed_by_name, closing_reason FROM operator_incidents()`
  return rows.map((row) => ({
    incidentId: row.incident_id,
    summary: row.summary,
    orgSlug: row.org_slug,
    openedAtMs: row.opened_at.getTime(),
    closedAtMs: row.closed_at?.getTime() ?? null,
    closedBy: row.closed_by_name,
    closingReason: row.closing_reason,
  }))
}

/** @returns false when it is closed already, or no incident has this id, or no operator asks. */
export const closeIncident = async (
  tx: Tx,
  { incidentId, reason }: { readonly incidentId: string; readonly reason: string },
): Promise<boolean> => {
  if (!isUuid(incidentId)) return false
  const [row] = await tx.$queryRaw<
    { closed: boolean }[]
  >`SELECT operator_close_incident(${incidentId}::uuid, ${reason}) AS closed`
  return row?.closed === true
}

export interface AccountView {
  readonly orgId: string
  readonly orgSlug: string
  readonly orgName: string
  /** What it may owe now: what it has earned, was given or was granted, halved or nothing in dunning. */
  readonly linePusd: Pusd
  readonly starterPusd: Pusd
  /** Null = nothing granted. */
  readonly grantedPusd: Pusd | null
  readonly owedPusd: Pusd
  readonly dunningStage: string
  readonly oldestUnpaidDueAtMs: number | null
  readonly hasCard: boolean
  readonly isPrepaidOnly: boolean
}

/** Those in dunning first, then by what they owe; at most 100. `wanted` is part of a name or address, empty for all. */
export const listAccounts = async (tx: Tx, wanted: string): Promise<readonly AccountView[]> => {
  const rows = await tx.$queryRaw<
    {
      org_id: string
      org_slug: string
      org_name: string
      line: string
      starter: string
      granted: string | null
      owed: string
      stage: string
      due_at: Date | null
      has_card: boolean
      is_prepaid_only: boolean
    }[]
  >`SELECT org_id::text, org_slug, org_name, line_pusd::text AS line, starter_pusd::text AS starter, granted_pusd::text AS granted, owed_pusd::text AS owed, dunning_stage AS stage,
      oldest_unpaid_due_at AS due_at, has_card, is_prepaid_only FROM operator_accounts(${wanted})`
  return rows.map((row) => ({
    orgId: row.org_id,
    orgSlug: row.org_slug,
    orgName: row.org_name,
    linePusd: pusd(BigInt(row.line)),
    starterPusd: pusd(BigInt(row.starter)),
    grantedPusd: row.granted === null ? null : pusd(BigInt(row.granted)),
    owedPusd: pusd(BigInt(row.owed)),
    dunningStage: row.stage,
    oldestUnpaidDueAtMs: row.due_at?.getTime() ?? null,
    hasCard: row.has_card,
    isPrepaidOnly: row.is_prepaid_only,
  }))
}

/** In the organization's record of acts too. @returns false when no organization has this id, or no operator asks */
export const grantCredit = async (
  tx: Tx,
  grant: { readonly orgId: string; readonly grantedPusd: Pusd | null; readonly reason: string },
): Promise<boolean> => {
  if (!isUuid(grant.orgId)) return false
  const [row] = await tx.$queryRaw<
    { granted: boolean }[]
  >`SELECT operator_grant_credit(${grant.orgId}::uuid, ${grant.grantedPusd}::bigint, ${grant.reason}) AS granted`
  return row?.granted === true
}

export interface StuckCreditNote {
  readonly creditNoteId: string
  readonly orgSlug: string
  readonly number: string
  readonly invoiceNumber: string
  readonly totalCents: bigint
  readonly way: 'lowers_due' | 'refund' | 'balance'
  readonly state: 'requested' | 'failed'
  readonly attempts: number
  readonly lastError: string | null
  /** The card does not take it back: tried again, it goes into the balance. */
  readonly isRefundRefused: boolean
  readonly issuedAtMs: number
}

/** Credit notes that did not reach Stripe, or are on their way for too long. */
export const listStuckCreditNotes = async (tx: Tx): Promise<readonly StuckCreditNote[]> => {
  const rows = await tx.$queryRaw<
    {
      id: string
      org_slug: string
      number: string
      invoice_number: string
      total: string
      way: StuckCreditNote['way']
      state: StuckCreditNote['state']
      attempts: number
      last_error: string | null
      is_refund_refused: boolean
      issued_at: Date
    }[]
  >`SELECT credit_note_id::text AS id, org_slug, number, invoice_number, total_cents::text AS total, way, state, attempts, last_error, is_refund_refused, issued_at
    FROM operator_stuck_credit_notes()`
  return rows.map((row) => ({
    creditNoteId: row.id,
    orgSlug: row.org_slug,
    number: row.number,
    invoiceNumber: row.invoice_number,
    totalCents: BigInt(row.total),
    way: row.way,
    state: row.state,
    attempts: row.attempts,
    lastError: row.last_error,
    isRefundRefused: row.is_refund_refused,
    issuedAtMs: row.issued_at.getTime(),
  }))
}

/** Has the worker try once more. @returns false when it has not failed, or no operator asks */
export const redoCreditNote = async (tx: Tx, creditNoteId: string): Promise<boolean> => {
  if (!isUuid(creditNoteId)) return false
  const [row] = await tx.$queryRaw<
    { redone: boolean }[]
  >`SELECT operator_redo_credit_note(${creditNoteId}::uuid) AS redone`
  return row?.redone === true
}
