import { formatUsd } from '@atpar/core/money'
import { holds, type ProofResult } from '@atpar/core/proofs'
import type { Pool } from '@atpar/db/pool'
import { postAllUsage } from '../../apps/worker/src/billing/post-ledger.ts'
import { proveAll, recordProofs } from '../../apps/worker/src/billing/prove.ts'
import { inTransaction } from '../../apps/worker/src/billing/transaction.ts'
import { textTable } from './text-table.ts'

export interface ProofSummary {
  /** One a proof: `<organization> <month> <proof> holds`, or by how much it is off and the figures. */
  readonly lines: readonly string[]
  /** The same for eyes, and what is off. */
  readonly table: readonly string[]
  readonly allHold: boolean
}

const PROOFS = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7'] as const

/** Why there is nothing to say of a proof that did not run. */
const cellOf = (results: readonly ProofResult[], proof: (typeof PROOFS)[number]): string => {
  const result = results.find((each) => each.proof === proof)
  if (result === undefined) return '–'
  if (!holds(result)) return 'OFF'
  return proof === 'P6' && result.detail['comparedDays'] === '0' ? 'no bill' : '0'
}

const describe = (result: ProofResult): string =>
  holds(result)
    ? `${result.proof} holds`
    : `${result.proof} is off by ${result.differencePusd} pUSD ($${formatUsd(result.differencePusd)}): ${JSON.stringify(result.detail)}`

const prove = (pool: Pool, scope: { orgId: string; period: string }): Promise<readonly ProofResult[]> =>
  // One snapshot: otherwise an event that arrives between two sums would look like a difference.
  inTransaction(pool, async (connection) => {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    return proveAll(connection, scope)
  })

/**
 * Proves every month of one organization or of all now, keeps the figures, and tells them as a table: 0 is no difference to the pico-dollar, `–` a
 * proof that needs an invoice or a payment there is not yet.
 */
export const proveOrganization = async (pool: Pool, orgSlug: string | null): Promise<ProofSummary> => {
  await postAllUsage(pool)
  const { rows } = await pool.query<{ org_id: string; slug: string; period: string }>(
    `SELECT o.id AS org_id, o.slug, known.period::text FROM organization o
    JOIN (SELECT org_id, invoice_period AS period FROM usage_rollup_hourly UNION SELECT org_id, period FROM invoice) AS known ON known.org_id = o.id
    WHERE $1::text IS NULL OR o.slug = $1 ORDER BY o.slug, known.period`,
    [orgSlug],
  )
  const cells: string[][] = []
  const lines: string[] = []
  const differences: string[] = []
  for (const { org_id: orgId, slug, period } of rows) {
    const results = await prove(pool, { orgId, period })
    await recordProofs(pool, { orgId, period }, results)
    cells.push([slug, period.slice(0, 7), ...PROOFS.map((proof) => cellOf(results, proof))])
    for (const result of results) {
      const line = `${slug} ${period.slice(0, 7)} ${describe(result)}`
      lines.push(line)
      if (!holds(result)) differences.push(line)
    }
  }
  const verdict =
    differences.length === 0
      ? `All proofs hold over ${rows.length} ${rows.length === 1 ? 'month' : 'months'}.`
      : `${differences.length} ${differences.length === 1 ? 'proof is' : 'proofs are'} off. Nothing of these organizations is finalised until they hold again.`
  return {
    lines,
    table: [...textTable(['organization', 'month', ...PROOFS], cells, new Set(PROOFS)), ...differences, verdict],
    allHold: differences.length === 0,
  }
}
