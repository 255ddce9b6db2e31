import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import { pusd, type Pusd } from '@atpar/core/money'
import { periodBounds, periodIdOf } from '@atpar/core/period'
import type { Budget, BudgetPeriod, BudgetUnit, LimitFilter, LimitScope } from '@atpar/core/quota'
import type { Tx } from './client.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'

export interface NewBudget {
  readonly scope: LimitScope
  /** The key, member or team; the organization's own id for `organization`. */
  readonly scopeId: string
  /** Absent = money. */
  readonly unit?: BudgetUnit
  /** Zero when tokens are counted. */
  readonly limitPusd: Pusd
  /** Only, and always, when tokens are counted. */
  readonly limitTokens?: bigint
  /** Narrows it to one model or one tag; absent = every request. */
  readonly filter?: LimitFilter
  /** Percent; `DEFAULT_SOFT_THRESHOLDS` when absent. */
  readonly softThresholds?: readonly number[]
  readonly period: BudgetPeriod
  readonly hard: boolean
  /** IANA zone in which the period begins at midnight; UTC when absent. */
  readonly timeZone?: string
  /** What the platform lets the organization spend; it stands beside the budget the organization sets for itself. */
  readonly isCredit?: boolean
}

export interface StoredBudget extends Budget {
  /** Set by the platform: the organization cannot change it. */
  readonly isCredit: boolean
}

export const DEFAULT_SOFT_THRESHOLDS: readonly number[] = [80, 100]
const EVERY_REQUEST: LimitFilter = { modelId: null, tag: null }

interface BudgetRow {
  readonly id: string
  readonly scope: string
  readonly scopeId: string
  readonly unit: string
  readonly limitPusd: bigint
  readonly limitTokens: bigint | null
  readonly modelId: string | null
  readonly tag: string | null
  readonly softThresholds: readonly number[]
  readonly period: string
  readonly timeZone: string
  readonly hard: boolean
  readonly isCredit: boolean
  readonly version: number
}

const toBudget = (row: BudgetRow): StoredBudget => ({
  id: row.id,
  // Both are held to these words by the table's checks.
  scope: row.scope as LimitScope,
  scopeId: row.scopeId,
  unit: row.unit as BudgetUnit,
  limitPusd: pusd(row.limitPusd),
  limitTokens: row.limitTokens,
  modelId: row.modelId,
  tag: row.tag,
  softThresholds: row.softThresholds,
  period: row.period as BudgetPeriod,
  timeZone: row.timeZone,
  hard: row.hard,
  isCredit: row.isCredit,
  version: row.version,
})

/**
 * Sets the budget of a scope for a period, unit and filter, or changes the one there is: its id stays and its version grows, so that counters keep what was spent.
 * The caller has checked that the scope exists in this organization.
 * @throws AppError conflict when the one there is begins its periods in another time zone
 */
export const setBudget = async (tx: Tx, orgId: OrgId, budget: NewBudget): Promise<StoredBudget> => {
  const { modelId, tag } = budget.filter ?? EVERY_REQUEST
  const identity = {
    orgId,
    scope: budget.scope,
    scopeId: budget.scopeId,
    period: budget.period,
    unit: budget.unit ?? 'usd',
    modelId,
    tag,
    isCredit: budget.isCredit ?? false,
  }
  const existing = await tx.budget.findFirst({ where: { ...identity, archivedAt: null } })
  const values = {
    limitPusd: budget.limitPusd,
    limitTokens: budget.limitTokens ?? null,
    hard: budget.hard,
    softThresholds: [...(budget.softThresholds ?? DEFAULT_SOFT_THRESHOLDS)],
  }
  if (existing === null) {
    const timeZone = budget.timeZone ?? 'UTC'
    return toBudget(await tx.budget.create({ data: { id: newId(), ...identity, ...values, timeZone } }))
  }
  // Another zone has other periods: a few hours' spend would fall out of today's.
  if (budget.timeZone !== undefined && budget.timeZone !== existing.timeZone)
    throw new AppError('conflict', {
      message: `The budget per ${budget.period} there is begins in ${existing.timeZone}. Remove it first to count by ${budget.timeZone}.`,
      param: 'timeZone',
    })
  return toBudget(
    await tx.budget.update({ where: { id: existing.id }, data: { ...values, version: { increment: 1 } } }),
  )
}

/** Absent = as it is. Unit, period, zone and filter say which budget it is, so they cannot change. */
export type BudgetChange = Partial<Pick<Budget, 'limitPusd' | 'limitTokens' | 'hard' | 'softThresholds'>>

/** What was spent stays spent. Null when there is no such budget here. */
export const changeBudget = async (
  tx: Tx,
  orgId: OrgId,
  { budgetId, change }: { readonly budgetId: string; readonly change: BudgetChange },
): Promise<StoredBudget | null> => {
  if ((await findBudget(tx, orgId, budgetId)) === null) return null
  const { softThresholds, ...values } = change
  const row = await tx.budget.update({
    where: { id: budgetId },
    data: {
      ...values,
      ...(softThresholds === undefined ? {} : { softThresholds: [...softThresholds] }),
      version: { increment: 1 },
    },
  })
  return toBudget(row)
}

/** Null for another organization's as for none, and for one that was removed. */
export const findBudget = async (tx: Tx, orgId: OrgId, budgetId: string): Promise<StoredBudget | null> => {
  if (!isUuid(budgetId)) return null
  const row = await tx.budget.findFirst({ where: { id: budgetId, orgId, archivedAt: null } })
  return row === null ? null : toBudget(row)
}

/** @returns false when there is no such budget here. */
export const removeBudget = async (tx: Tx, orgId: OrgId, budgetId: string): Promise<boolean> => {
  if (!isUuid(budgetId)) return false
  const { count } = await tx.budget.updateMany({
    where: { id: budgetId, orgId, archivedAt: null },
    data: { archivedAt: new Date(), version: { increment: 1 } },
  })
  return count > 0
}

export interface BudgetFilter {
  readonly scope?: LimitScope
  readonly scopeId?: string
}

export const listBudgets = async (
  tx: Tx,
  orgId: OrgId,
  filter: BudgetFilter = {},
): Promise<readonly StoredBudget[]> => {
  const rows = await tx.budget.findMany({
    where: {
      orgId,
      archivedAt: null,
      ...(filter.scope === undefined ? {} : { scope: filter.scope }),
      ...(filter.scopeId === undefined ? {} : { scopeId: filter.scopeId }),
    },
    orderBy: { id: 'asc' },
  })
  return rows.map(toBudget)
}

export interface BudgetUsage {
  readonly periodId: string
  /** When the period ends; null for `total`. */
  readonly endsAtMs: number | null
  /** Pico-USD, or tokens. */
  readonly used: bigint
}

/** What each budget has counted in the period that holds `atMs`, by the events that Postgres has: a few seconds behind Redis, and always there. */
export const readBudgetUsage = async (
  tx: Tx,
  _orgId: OrgId,
  { budgets, atMs }: { readonly budgets: readonly Budget[]; readonly atMs: number },
): Promise<ReadonlyMap<string, BudgetUsage>> => {
  const bounds = budgets.map((budget) => periodBounds(budget.period, budget.timeZone, atMs))
  const toDate = (boundMs: number | null): Date | null => (boundMs === null ? null : new Date(boundMs))
  const rows = await tx.$queryRaw<{ position: bigint; used: string | null }[]>`
    SELECT asked.position, own_budget_usage(asked.budget_id, asked.since, asked.until)::text AS used
    FROM unnest(${budgets.map(({ id }) => id)}::uuid[], ${bounds.map(({ fromMs }) => toDate(fromMs))}::timestamptz[],
      ${bounds.map(({ toMs }) => toDate(toMs))}::timestamptz[]) WITH ORDINALITY AS asked (budget_id, since, until, position) ORDER BY asked.position`
  return new Map(
    budgets.map((budget, index) => [
      budget.id,
      {
        periodId: periodIdOf(budget.period, budget.timeZone, atMs),
        endsAtMs: bounds[index]?.toMs ?? null,
        used: BigInt(rows[index]?.used ?? '0'),
      },
    ]),
  )
}
