import { periodBounds, periodIdOf, type PeriodBounds } from '@atpar/core/period'
import type { BudgetCounter, BudgetPeriod } from '@atpar/core/quota'
import type { Pool } from './pool.ts'

/** Over which periods a budget counts. */
interface CountedBudget {
  readonly id: string
  readonly period: BudgetPeriod
  readonly time_zone: string
}

export interface CountedUsageInput {
  readonly counters: readonly BudgetCounter[]
  /** Left out of every sum: events of these requests, and of whatever was admitted by these leases. */
  readonly except: {
    readonly requestIds: readonly string[]
    readonly leases: readonly { readonly bootId: string; readonly number: number }[]
  }
  readonly nowMs: number
}

/**
 * What each counter's budget has counted in its period by the events that Postgres has, in the counters' order: pico-USD billed, or tokens.
 * @throws RangeError for a budget that is not of this organization, or a period that is none of its recent ones.
 */
export const readCountedUsage = async (
  pool: Pool,
  orgId: string,
  { counters, except, nowMs }: CountedUsageInput,
): Promise<readonly bigint[]> => {
  const found = await pool.query<CountedBudget>('SELECT id, period, time_zone FROM find_budgets($1, $2)', [
    orgId,
    [...new Set(counters.map((counter) => counter.budgetId))],
  ])
  const budgets = new Map(found.rows.map((budget) => [budget.id, budget]))
  const sums: bigint[] = []
  for (const { budgetId, periodId } of counters) {
    const budget = budgets.get(budgetId)
    if (budget === undefined) throw new RangeError(`budget ${budgetId} is not one of organization ${orgId}`)
    const { fromMs, toMs } = findBounds(budget, periodId, nowMs)
    const { rows } = await pool.query<{ used: string }>(
      'SELECT counted_usage_without($1, $2, $3, $4, $5, $6, $7)::text AS used',
      [
        orgId,
        budgetId,
        toTimestamp(fromMs),
        toTimestamp(toMs),
        except.requestIds,
        except.leases.map((lease) => lease.bootId),
        except.leases.map((lease) => lease.number),
      ],
    )
    sums.push(BigInt(rows[0]?.used ?? '0'))
  }
  return sums
}

const toTimestamp = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString())

/** Counters live on past their period for late settlements, so the wanted one may lie some periods back (or one ahead of a slow clock). */
const MAX_PERIODS_BACK = 60

const findBounds = (budget: CountedBudget, periodId: string, nowMs: number): PeriodBounds => {
  let atMs = periodBounds(budget.period, budget.time_zone, nowMs).toMs ?? nowMs
  for (let step = 0; step < MAX_PERIODS_BACK; step += 1) {
    const bounds = periodBounds(budget.period, budget.time_zone, atMs)
    if (periodIdOf(budget.period, budget.time_zone, atMs) === periodId) return bounds
    if (bounds.fromMs === null) break
    atMs = bounds.fromMs - 1
  }
  throw new RangeError(`"${periodId}" is no recent ${budget.period} of budget ${budget.id}`)
}
