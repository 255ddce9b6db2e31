import { periodBounds, periodIdOf } from '@atpar/core/period'
import type { BudgetPeriod, BudgetUnit, LimitScope } from '@atpar/core/quota'
import type { Pool } from '@atpar/db/pool'

/** A budget that has counted at least a threshold's share of its limit in its current period. */
export interface Crossing {
  readonly orgId: string
  readonly budgetId: string
  readonly periodId: string
  /** Percent. */
  readonly threshold: number
}

/** What a mail says of a budget. Amounts in pico-USD, or tokens. */
export interface BudgetFacts {
  readonly orgId: string
  readonly budgetId: string
  readonly scope: LimitScope
  readonly scopeId: string
  readonly unit: BudgetUnit
  readonly period: BudgetPeriod
  readonly hard: boolean
  readonly periodId: string
  readonly endsAtMs: number | null
  readonly limit: bigint
  readonly used: bigint
  readonly thresholds: readonly number[]
  /** What it counts when that is not every request: one model, or one tag. */
  readonly modelId: string | null
  readonly tag: string | null
}

interface BudgetRecord {
  readonly id: string
  readonly org_id: string
  readonly scope: LimitScope
  readonly scope_id: string
  readonly unit: BudgetUnit
  readonly period: BudgetPeriod
  readonly time_zone: string
  readonly hard: boolean
  readonly allowed: string
  readonly soft_thresholds: readonly number[]
  readonly model_id: string | null
  readonly tag: string | null
}

/** Only who spent lately can have crossed anything. A day, because a proxy's journal may be shipped late and roll-ups count by when it began. */
const WATCHED = `
  SELECT b.id, b.org_id, b.scope, b.scope_id, b.unit, b.period, b.time_zone, b.hard, coalesce(b.limit_tokens, b.limit_pusd)::text AS allowed, b.soft_thresholds, b.model_id, b.tag
  FROM budget b JOIN organization o ON o.id = b.org_id AND o.status = 'active'
  WHERE b.archived_at IS NULL AND cardinality(b.soft_thresholds) > 0
    AND EXISTS (SELECT 1 FROM usage_rollup_hourly r WHERE r.org_id = b.org_id AND r.hour > $1::timestamptz - interval '25 hours')
  ORDER BY b.org_id, b.id`

const SUMS = `
  SELECT asked.position::int, counted_usage_except(asked.org_id, asked.budget_id, asked.since, asked.until, '{}')::text AS used
  FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY AS asked (org_id, budget_id, since, until, position)`

const toTimestamp = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString())

/** What every watched budget has counted in the period that holds `nowMs`, by the events that Postgres has. */
export const readWatchedBudgets = async (pool: Pool, nowMs: number): Promise<readonly BudgetFacts[]> => {
  const { rows } = await pool.query<BudgetRecord>(WATCHED, [toTimestamp(nowMs)])
  const bounds = rows.map((row) => periodBounds(row.period, row.time_zone, nowMs))
  const sums = await pool.query<{ position: number; used: string | null }>(SUMS, [
    rows.map((row) => row.org_id),
    rows.map((row) => row.id),
    bounds.map(({ fromMs }) => toTimestamp(fromMs)),
    bounds.map(({ toMs }) => toTimestamp(toMs)),
  ])
  const used = new Map(sums.rows.map((row) => [row.position, BigInt(row.used ?? '0')]))
  return rows.map((row, index) => ({
    orgId: row.org_id,
    budgetId: row.id,
    scope: row.scope,
    scopeId: row.scope_id,
    unit: row.unit,
    period: row.period,
    hard: row.hard,
    periodId: periodIdOf(row.period, row.time_zone, nowMs),
    endsAtMs: bounds[index]?.toMs ?? null,
    limit: BigInt(row.allowed),
    used: used.get(index + 1) ?? 0n,
    thresholds: row.soft_thresholds,
    modelId: row.model_id,
    tag: row.tag,
  }))
}

const PERCENT = 100n

/** A budget of nothing has no share to cross. */
export const findCrossings = (budget: BudgetFacts): readonly Crossing[] =>
  budget.limit === 0n
    ? []
    : budget.thresholds
        .filter((threshold) => budget.used * PERCENT >= budget.limit * BigInt(threshold))
        .map((threshold) => ({
          orgId: budget.orgId,
          budgetId: budget.budgetId,
          periodId: budget.periodId,
          threshold,
        }))
