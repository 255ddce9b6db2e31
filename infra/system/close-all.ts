import { pusd, type Pusd } from '@atpar/core/money'
import { createPool } from '@atpar/db/pool'
import { closeMonth } from '../operator/close-month.ts'
import { proveOrganization } from '../operator/prove-organization.ts'
import type { RunningSystem } from './start-system.ts'
import type { SeededTenant } from './tenant.ts'

export interface CloseReport {
  /** Of every event in Postgres but corrections. */
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
  /** What corrections changed: a price that fell, re-rated. One that came after the close waits for the next invoice and is not counted. */
  readonly correctedPusd: Pusd
  /** Usage on all invoices. */
  readonly invoicedPusd: Pusd
  readonly invoices: number
  /** Requests whose events are final never or more than once. */
  readonly unended: number
  /** Proofs that do not hold, and months that could not be closed, in words. */
  readonly troubles: readonly string[]
  readonly proofs: number
  /** The slowest close of one organization's month. */
  readonly slowestCloseMs: number
}

interface Sums {
  readonly billed: string
  readonly absorbed: string
  readonly corrected: string
  readonly invoiced: string
  readonly invoices: number
}

/** Closes these months of these organizations, proves all of them, and sums up what was invoiced. */
export const closeAll = async (
  system: RunningSystem,
  tenants: readonly SeededTenant[],
  periods: readonly string[],
): Promise<CloseReport> => {
  const pool = createPool({ url: system.database.urlFor('worker'), max: 2, applicationName: 'prove' })
  const troubles: string[] = []
  let proofs = 0
  let slowestCloseMs = 0
  try {
    for (const period of periods)
      for (const { slug } of tenants) {
        const from = performance.now()
        const closed = await closeMonth({
          pool,
          orgSlug: slug,
          period,
          mayMoveClock: true,
          publishChange: () => Promise.resolve(),
          log: () => {},
        })
        // The first one moves the clock and waits for every proxy to notice.
        if (slug !== tenants[0]?.slug) slowestCloseMs = Math.max(slowestCloseMs, performance.now() - from)
        if (closed.kind === 'blocked') troubles.push(`${slug} ${period}: ${closed.reason}`)
      }
    for (const { slug } of tenants) {
      const { lines } = await proveOrganization(pool, slug)
      proofs += lines.length
      troubles.push(...lines.filter((line) => !line.endsWith('holds')).map((line) => `${slug} ${line}`))
    }
  } finally {
    await pool.end()
  }
  const orgIds = tenants.map((tenant) => tenant.orgId)
  const { rows } = await system.owner.query<Sums>(
    `SELECT coalesce(sum(billed_pusd) FILTER (WHERE kind = 'settle'), 0)::text AS billed,
      coalesce(sum(absorbed_pusd) FILTER (WHERE kind = 'settle'), 0)::text AS absorbed,
      coalesce(sum(billed_pusd) FILTER (WHERE kind <> 'settle'
        AND EXISTS (SELECT 1 FROM period_close c WHERE c.org_id = usage_event.org_id AND c.period = usage_event.invoice_period)), 0)::text AS corrected,
      (SELECT coalesce(sum(usage_pusd), 0)::text FROM invoice WHERE org_id = ANY ($1::uuid[])) AS invoiced,
      (SELECT count(*)::int FROM invoice WHERE org_id = ANY ($1::uuid[])) AS invoices
    FROM usage_event WHERE org_id = ANY ($1::uuid[])`,
    [orgIds],
  )
  const unended = await system.owner.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (SELECT 1 FROM usage_event WHERE org_id = ANY ($1::uuid[]) AND kind = 'settle'
      GROUP BY request_id HAVING count(*) FILTER (WHERE is_final) <> 1) AS unended`,
    [orgIds],
  )
  return {
    billedPusd: pusd(BigInt(rows[0]?.billed ?? '0')),
    absorbedPusd: pusd(BigInt(rows[0]?.absorbed ?? '0')),
    correctedPusd: pusd(BigInt(rows[0]?.corrected ?? '0')),
    invoicedPusd: pusd(BigInt(rows[0]?.invoiced ?? '0')),
    invoices: rows[0]?.invoices ?? 0,
    unended: unended.rows[0]?.count ?? 0,
    troubles,
    proofs,
    slowestCloseMs,
  }
}
