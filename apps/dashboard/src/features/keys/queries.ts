import { can } from '@atpar/core/permissions'
import type { Budget } from '@atpar/core/quota'
import { listKeys, type KeySummary } from '@atpar/db/api-keys'
import { listBudgets } from '@atpar/db/budgets'
import { listTeams, type Team } from '@atpar/db/teams'
import type { Visit } from '../../auth/guard.ts'
import { readTenant } from '../../tenant-read.ts'

export interface ListedKey extends KeySummary {
  readonly ownerName: string
  readonly budgets: readonly Budget[]
  readonly monthlyLimitPusd: bigint | null
}

export interface KeysView {
  readonly keys: readonly ListedKey[]
  readonly teams: readonly Team[]
}

const withBudgets = (key: KeySummary, budgets: readonly Budget[]): ListedKey => {
  const own = budgets.filter((budget) => budget.scopeId === key.keyId)
  return {
    ...key,
    ownerName: (key.kind === 'service' ? key.teamName : key.memberName) ?? 'Former member',
    budgets: own,
    monthlyLimitPusd: own.find((budget) => budget.period === 'month')?.limitPusd ?? null,
  }
}

/** All keys for those who may see them, else the reader's own. */
export const readKeys = (visit: Visit): Promise<KeysView> =>
  readTenant(visit.tenant, async ({ tx, atMs }) => {
    const keys = await listKeys(
      tx,
      visit.orgId,
      can(visit.role, 'key:read') ? { atMs } : { atMs, memberId: visit.memberId },
    )
    const budgets = await listBudgets(tx, visit.orgId, { scope: 'key' })
    const teams = await listTeams(tx, visit.orgId)
    return { keys: keys.map((key) => withBudgets(key, budgets)), teams }
  })
