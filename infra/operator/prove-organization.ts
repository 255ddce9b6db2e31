import { holds } from '@atpar/core/proofs'
import type { Pool } from '@atpar/db/pool'
import { postAllUsage } from '../../apps/worker/src/billing/post-ledger.ts'
import { proveAll, recordProofs } from '../../apps/worker/src/billing/prove.ts'

export interface ProofSummary {
  readonly lines: readonly string[]
  readonly allHold: boolean
}

/** Proves every month of one organization now, and keeps the figures. */
export const proveOrganization = async (pool: Pool, orgSlug: string): Promise<ProofSummary> => {
  await postAllUsage(pool)
  const { rows } = await pool.query<{ org_id: string; period: string }>(
    `SELECT o.id AS org_id, known.period::text FROM organization o
    JOIN (SELECT org_id, invoice_period AS period FROM usage_rollup_hourly UNION SELECT org_id, period FROM invoice) AS known ON known.org_id = o.id
    WHERE o.slug = $1 ORDER BY known.period`,
    [orgSlug],
  )
  if (rows.length === 0) return { lines: [`${orgSlug} has no usage and no invoice.`], allHold: true }
  const lines: string[] = []
  let allHold = true
  for (const { org_id: orgId, period } of rows) {
    const results = await proveAll(pool, { orgId, period })
    await recordProofs(pool, { orgId, period }, results)
    for (const result of results) {
      allHold &&= holds(result)
      lines.push(
        `${period.slice(0, 7)} ${result.proof} ${holds(result) ? 'holds' : `is off by ${result.differencePusd} pUSD: ${JSON.stringify(result.detail)}`}`,
      )
    }
  }
  return { lines, allHold }
}
