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
