import { proveCostEqualsProviderBill, type ProofResult } from '@atpar/core/proofs'
import type { Reader } from './transaction.ts'
import type { OrgPeriod } from './usage-figures.ts'

interface P6Row {
  readonly model_days: string
  readonly compared_days: string
  readonly differing_days: string
  readonly unexplained_units: string
  readonly unexplained_pusd: string
}

/** From what the last comparison kept: a close of ten thousand organizations cannot sum the provider's days anew for each. */
const P6_FIGURES = `
  WITH used AS (
    SELECT DISTINCT provider, model_id, (hour AT TIME ZONE 'UTC')::date AS day FROM usage_rollup_hourly
    WHERE org_id = $1 AND invoice_period = $2::date AND funding = 'platform'
  ), compared AS (
    SELECT DISTINCT r.provider, r.model, r.day, r.unexplained_units, r.unexplained_pusd,
      r.verdict = 'different' AND NOT EXISTS (SELECT 1 FROM incident i WHERE i.id = r.incident_id AND i.closed_at IS NOT NULL) AS differs
    FROM used JOIN reconciliation r ON r.provider = used.provider AND r.day = used.day AND used.model_id = ANY (r.model_ids)
  )
  SELECT (SELECT count(*) FROM used)::text AS model_days, count(*)::text AS compared_days, count(*) FILTER (WHERE differs)::text AS differing_days,
    coalesce(sum(unexplained_units) FILTER (WHERE differs), 0)::text AS unexplained_units,
    coalesce(sum(abs(unexplained_pusd)) FILTER (WHERE differs), 0)::text AS unexplained_pusd
  FROM compared`

export const proveP6 = async (reader: Reader, { orgId, period }: OrgPeriod): Promise<ProofResult> => {
  const { rows } = await reader.query<P6Row>({ name: 'cost-equals-bill', text: P6_FIGURES, values: [orgId, period] })
  const [row] = rows
  return proveCostEqualsProviderBill({
    modelDays: BigInt(row?.model_days ?? 0),
    comparedDays: BigInt(row?.compared_days ?? 0),
    differingDays: BigInt(row?.differing_days ?? 0),
    unexplainedUnits: BigInt(row?.unexplained_units ?? 0),
    unexplainedPusd: BigInt(row?.unexplained_pusd ?? 0),
  })
}
