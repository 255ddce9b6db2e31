import { z } from 'zod'
import { listLimitHolders, type LimitHolder } from '@atpar/db/limit-holders'
import { chainOf } from '../../limits/chain.ts'
import type { LimitViews } from '../../limits/limit-state.ts'
import { readLimits } from '../../limits/read-limits.ts'
import { defineAct } from '../define-act.ts'
import { limitHolder } from './limit-inputs.ts'
import { isSharedWithOthers, mayManageLimits, requireVisible } from './limit-reach.ts'

export interface LimitsOfLevel extends LimitViews {
  readonly holder: LimitHolder
  /** Whether these limits are theirs to set. */
  readonly mayManage: boolean
  /** Why not, for the admin of one of the member's teams. */
  readonly isSharedWithOthers: boolean
  /** The level and every level above it that binds it, the narrowest first: what each request must fit. */
  readonly chain: readonly LimitHolder[]
  readonly above: LimitViews
}

/** The limits of one level, and those of the levels above it. @throws AppError not_found when the level is not theirs to see */
export const readLimitsAct = defineAct({
  name: 'read-limits',
  effect: 'read',
  permission: 'budget:read',
  input: z.strictObject(limitHolder),
  run: async (act, level): Promise<LimitsOfLevel> => {
    const holder = await requireVisible(act, level)
    const chain = chainOf(holder, await listLimitHolders(act.tx, act.orgId))
    const { budgets, rates, isLive } = await readLimits(act, chain)
    const isOwn = ({ holder: { scope, scopeId } }: { readonly holder: LimitHolder }): boolean =>
      scope === level.scope && scopeId === level.scopeId
    return {
      holder,
      mayManage: mayManageLimits(act, holder),
      isSharedWithOthers: isSharedWithOthers(act, holder),
      chain,
      isLive,
      budgets: budgets.filter(isOwn),
      rates: rates.filter(isOwn),
      above: {
        budgets: budgets.filter((view) => !isOwn(view)),
        rates: rates.filter((view) => !isOwn(view)),
        isLive,
      },
    }
  },
})
