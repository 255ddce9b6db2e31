import { pusd, type Pusd } from '@atpar/core/money'
import type { BudgetPeriod, LimitScope } from '@atpar/core/quota'
import type { Pool } from './pool.ts'

/** A budget as far as its money can be found in the events: which level it counts, over which period. */
export interface CountedBudget {
  readonly id: string
  readonly scope: LimitScope
  readonly scopeId: string
  readonly period: BudgetPeriod
  readonly timeZone: string
}

export const findCountedBudgets = async (
  pool: Pool,
  orgId: string,
  budgetIds: readonly string[],
): Promise<readonly CountedBudget[]> => {
  const { rows } = await pool.query<{
    id: string
    scope: LimitScope
    scope_id: string
    period: BudgetPeriod
    time_zone: string
  }>('SELECT id, scope, scope_id, period, time_zone FROM find_budgets($1, $2)', [orgId, budgetIds])
  return rows.map((row) => ({
    id: row.id,
    scope: row.scope,
    scopeId: row.scope_id,
    period: row.period,
    timeZone: row.time_zone,
  }))
}

export interface UsedWindow {
  readonly budget: CountedBudget
  /** Half-open; null = without that bound. */
  readonly fromMs: number | null
  readonly toMs: number | null
}

const toTimestamp = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString())

/** What one level was billed in a window, without the requests in `exceptRequestIds`. */
export const readUsedExcept = async (
  pool: Pool,
  orgId: string,
  { window, exceptRequestIds }: { readonly window: UsedWindow; readonly exceptRequestIds: readonly string[] },
): Promise<Pusd> => {
  const { rows } = await pool.query<{ used: string }>(
    'SELECT budget_usage_except($1, $2, $3, $4, $5, $6)::text AS used',
    [
      orgId,
      window.budget.scope,
      window.budget.scopeId,
      toTimestamp(window.fromMs),
      toTimestamp(window.toMs),
      exceptRequestIds,
    ],
  )
  return pusd(BigInt(rows[0]?.used ?? '0'))
}

/** How far the boot's journal is in Postgres; null when nobody has heard of it. */
export const readShippedPosition = async (pool: Pool, bootId: string): Promise<number | null> => {
  const { rows } = await pool.query<{ shipped_position: string }>({
    name: 'read-shipped-position',
    text: 'SELECT shipped_position::text FROM proxy_boot WHERE boot_id = $1',
    values: [bootId],
  })
  return rows[0] === undefined ? null : Number(rows[0].shipped_position)
}

/** Runs alone for this organization, across processes; `busy` when another one is at it. */
export const withOrganizationLock = async (
  pool: Pool,
  orgId: string,
  run: () => Promise<void>,
): Promise<'ran' | 'busy'> => {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    const { rows } = await client.query<{ taken: boolean }>(
      `SELECT pg_try_advisory_lock(hashtextextended('quota-rebuild:' || $1, 0)) AS taken`,
      [orgId],
    )
    if (rows[0]?.taken !== true) return 'busy'
    try {
      await run()
      return 'ran'
    } finally {
      await client
        .query(`SELECT pg_advisory_unlock(hashtextextended('quota-rebuild:' || $1, 0))`, [orgId])
        .catch((error: unknown) => {
          // The lock dies with its connection, which therefore must not go back to the pool.
          broken = error instanceof Error ? error : new Error(String(error))
        })
    }
  } finally {
    client.release(broken)
  }
}
