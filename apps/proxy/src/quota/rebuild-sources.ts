import type { Pusd } from '@atpar/core/money'
import { periodBounds, periodIdOf } from '@atpar/core/period'
import type { BudgetCounter } from '@atpar/core/quota'
import { readLiveBoots } from '@atpar/db/gateway'
import type { Pool } from '@atpar/db/pool'
import {
  findCountedBudgets,
  readShippedPosition,
  readUsedExcept,
  withOrganizationLock,
  type CountedBudget,
} from '@atpar/db/quota-rebuild'
import type { RebuildSources } from '@atpar/redis/quota'
import { counterKey } from '@atpar/redis/quota-keys'

const SHIPPED_POLL_MS = 20

interface SourceDeps {
  readonly pool: Pool
  readonly nowMs: () => number
  readonly ownReport: RebuildSources['ownReport']
}

/** Where lost counters are made again from: Postgres, and what every live proxy still holds open. */
export const createRebuildSources = ({ pool, nowMs, ownReport }: SourceDeps): RebuildSources => ({
  withOrgLock: (orgId, run) => withOrganizationLock(pool, orgId, run),
  readUsed: (orgId, counters, exceptRequestIds) =>
    readUsed({ pool, nowMs, ownReport }, { orgId, counters, exceptRequestIds }),
  liveBoots: async () => (await readLiveBoots(pool)).map((boot) => boot.bootId),
  waitShipped: async (bootId, position, timeoutMs) => {
    const deadlineMs = performance.now() + timeoutMs
    while (performance.now() < deadlineMs) {
      const shipped = await readShippedPosition(pool, bootId)
      if (shipped !== null && shipped >= position) return true
      await new Promise((resolve) => {
        setTimeout(resolve, SHIPPED_POLL_MS)
      })
    }
    return false
  },
  ownReport,
})

interface UsedInput {
  readonly orgId: string
  readonly counters: readonly BudgetCounter[]
  readonly exceptRequestIds: readonly string[]
}

const readUsed = async (
  { pool, nowMs }: SourceDeps,
  { orgId, counters, exceptRequestIds }: UsedInput,
): Promise<ReadonlyMap<string, Pusd>> => {
  const budgets = new Map(
    (
      await findCountedBudgets(
        pool,
        orgId,
        counters.map((counter) => counter.budgetId),
      )
    ).map((budget) => [budget.id, budget]),
  )
  const used = new Map<string, Pusd>()
  for (const counter of counters) {
    const budget = budgets.get(counter.budgetId)
    if (budget === undefined) throw new RangeError(`budget ${counter.budgetId} is not one of organization ${orgId}`)
    const window = { budget, ...boundsOf(budget, counter.periodId, nowMs()) }
    used.set(counterKey(counter), await readUsedExcept(pool, orgId, { window, exceptRequestIds }))
  }
  return used
}

/** Counters live on past their period for late settlements, so the wanted one may lie some periods back (or one ahead of a slow clock). */
const MAX_PERIODS_BACK = 60

const boundsOf = (
  budget: CountedBudget,
  periodId: string,
  nowMs: number,
): { readonly fromMs: number | null; readonly toMs: number | null } => {
  const current = periodBounds(budget.period, budget.timeZone, nowMs)
  const start = current.toMs ?? nowMs
  let atMs = start
  for (let step = 0; step < MAX_PERIODS_BACK; step += 1) {
    const bounds = periodBounds(budget.period, budget.timeZone, atMs)
    if (periodIdOf(budget.period, budget.timeZone, atMs) === periodId) return bounds
    if (bounds.fromMs === null) break
    atMs = bounds.fromMs - 1
  }
  throw new RangeError(`"${periodId}" is no recent ${budget.period} of budget ${budget.id}`)
}
