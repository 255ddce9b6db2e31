import { HOUR_MS } from '@atpar/core/durations'
import { periodBounds, periodIdOf } from '@atpar/core/period'
import type { BudgetPeriod, BudgetUnit, LimitScope } from '@atpar/core/quota'
import type { Pool } from '@atpar/db/pool'

/** A budget that has counted at least a threshold's share of its limit in a period. */
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
  /** The period ended before it was looked at. */
  readonly isOver: boolean
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
  readonly created_at: Date
}

/** Only who spent lately can have crossed anything. A day, because a proxy's journal may be shipped late and roll-ups count by when it began. */
const WATCHED = `
  SELECT b.id, b.org_id, b.scope, b.scope_id, b.unit, b.period, b.time_zone, b.hard, coalesce(b.limit_tokens, b.limit_pusd)::text AS allowed, b.soft_thresholds, b.model_id, b.tag, b.created_at
  FROM budget b JOIN organization o ON o.id = b.org_id AND o.status = 'active'
  WHERE b.archived_at IS NULL AND cardinality(b.soft_thresholds) > 0
    AND EXISTS (SELECT 1 FROM usage_rollup_hourly r WHERE r.org_id = b.org_id AND r.hour > $1::timestamptz - interval '25 hours')
  ORDER BY b.org_id, b.id`

const SUMS = `
  SELECT asked.position::int, counted_usage_except(asked.org_id, asked.budget_id, asked.since, asked.until, '{}')::text AS used
  FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY AS asked (org_id, budget_id, since, until, position)`

const toTimestamp = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString())

/** What was crossed in a period's last moments is settled and shipped after it: for so long it is looked at once more. */
const LOOKED_BACK_MS = HOUR_MS

interface Looked {
  readonly record: BudgetRecord
  readonly atMs: number
}

/** The period that holds `nowMs`, and the one before where it has just ended; not for a budget that did not exist then. */
const periodsToLookAt = (record: BudgetRecord, nowMs: number): readonly Looked[] => {
  const { fromMs } = periodBounds(record.period, record.time_zone, nowMs)
  const current = { record, atMs: nowMs }
  return fromMs === null || nowMs - fromMs >= LOOKED_BACK_MS || record.created_at.getTime() >= fromMs
    ? [current]
    : [{ record, atMs: fromMs - 1 }, current]
}

/** What every watched budget has counted in the period that holds `nowMs`, and in one that has just ended, by the events that Postgres has. */
export const readWatchedBudgets = async (pool: Pool, nowMs: number): Promise<readonly BudgetFacts[]> => {
  const { rows } = await pool.query<BudgetRecord>(WATCHED, [toTimestamp(nowMs)])
  const looked = rows.flatMap((record) => periodsToLookAt(record, nowMs))
  const bounds = looked.map(({ record, atMs }) => periodBounds(record.period, record.time_zone, atMs))
  const sums = await pool.query<{ position: number; used: string | null }>(SUMS, [
    looked.map(({ record }) => record.org_id),
    looked.map(({ record }) => record.id),
    bounds.map(({ fromMs }) => toTimestamp(fromMs)),
    bounds.map(({ toMs }) => toTimestamp(toMs)),
  ])
  const used = new Map(sums.rows.map((row) => [row.position, BigInt(row.used ?? '0')]))
  return looked.map(({ record, atMs }, index) => ({
    orgId: record.org_id,
    budgetId: record.id,
    scope: record.scope,
    scopeId: record.scope_id,
    unit: record.unit,
    period: record.period,
    hard: record.hard,
    periodId: periodIdOf(record.period, record.time_zone, atMs),
    endsAtMs: bounds[index]?.toMs ?? null,
    isOver: atMs !== nowMs,
    limit: BigInt(record.allowed),
    used: used.get(index + 1) ?? 0n,
    thresholds: record.soft_thresholds,
    modelId: record.model_id,
    tag: record.tag,
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
