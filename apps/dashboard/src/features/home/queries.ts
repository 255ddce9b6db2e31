import { can } from '@atpar/core/permissions'
import { listBudgets, type StoredBudget } from '@atpar/db/budgets'
import { listRequests, type RequestSummary } from '@atpar/db/requests'
import { readUsageSummary } from '@atpar/db/usage'
import { readUsageSteps } from '@atpar/db/usage-chart'
import type { Visit } from '../../auth/guard.ts'
import { readTenant } from '../../tenant-read.ts'
import { resolveRange } from '../../usage/range.ts'
import { stackByModel, type StackedUsage } from '../../usage/stack.ts'
import { countInput, countOutput } from '../../usage/token-totals.ts'

export interface HomeView {
  readonly spentPusd: bigint
  /** The organization's monthly budget; null when none is set or the reader sees only their own use. */
  readonly budgetLimitPusd: bigint | null
  readonly requests: number
  readonly failures: number
  readonly inputTokens: bigint
  readonly outputTokens: bigint
  readonly chart: StackedUsage
  readonly topModels: readonly { readonly modelId: string; readonly requests: number; readonly billedPusd: bigint }[]
  readonly latest: readonly RequestSummary[]
}

const TOP_MODELS = 5
const LATEST = 8

const total = <Row>(rows: readonly Row[], pick: (row: Row) => bigint): bigint =>
  rows.reduce((sum, row) => sum + pick(row), 0n)
const count = <Row>(rows: readonly Row[], pick: (row: Row) => number): number =>
  rows.reduce((sum, row) => sum + pick(row), 0)

/** The organization may stand under a budget of its own and the platform's credit: the smaller one binds. */
const narrowest = (budgets: readonly StoredBudget[]): bigint | null =>
  budgets
    .filter(
      ({ period, unit, modelId, tag }) => period === 'month' && unit === 'usd' && modelId === null && tag === null,
    )
    .reduce<bigint | null>((least, { limitPusd }) => (least === null || limitPusd < least ? limitPusd : least), null)

/** This month and the last thirty days from roll-ups, the newest calls from events. A developer sees their own. */
export const readHome = (visit: Visit): Promise<HomeView> =>
  readTenant(visit.tenant, async ({ tx, atMs }) => {
    const isEveryones = can(visit.role, 'usage:read')
    const who = isEveryones ? {} : { memberId: visit.memberId }
    const month = resolveRange('month', atMs)
    const thirtyDays = resolveRange('30d', atMs)
    const models = await readUsageSummary(tx, visit.orgId, {
      fromHour: new Date(month.fromMs),
      toHour: new Date(month.toMs),
      groupBy: 'model',
      ...who,
    })
    const steps = await readUsageSteps(tx, visit.orgId, { ...thirtyDays, ...who })
    const budgets = isEveryones ? await listBudgets(tx, visit.orgId, { scope: 'organization' }) : []
    const latest = await listRequests(tx, visit.orgId, {
      limit: LATEST,
      filters: can(visit.role, 'request:read') ? {} : { memberId: visit.memberId },
    })
    return {
      spentPusd: total(models, (row) => row.billedPusd),
      budgetLimitPusd: narrowest(budgets),
      requests: count(models, (row) => row.requests),
      failures: count(models, (row) => row.failures),
      inputTokens: total(models, (row) => countInput(row.units)),
      outputTokens: total(models, (row) => countOutput(row.units)),
      chart: stackByModel(
        steps.map((step) => ({ stepMs: step.stepMs, modelId: step.modelId, value: step.billedPusd })),
        thirtyDays,
      ),
      topModels: models
        .slice(0, TOP_MODELS)
        .map((row) => ({ modelId: row.group ?? 'Unknown model', requests: row.requests, billedPusd: row.billedPusd })),
      latest,
    }
  })
