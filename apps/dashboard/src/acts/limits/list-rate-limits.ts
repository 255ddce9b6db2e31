import { z } from 'zod'
import { listLimitHolders } from '@atpar/db/limit-holders'
import type { RateView } from '../../limits/limit-state.ts'
import { readLimits } from '../../limits/read-limits.ts'
import { defineAct } from '../define-act.ts'
import { limitScope } from './limit-inputs.ts'
import { maySeeLimits } from './limit-reach.ts'

/** Every rate limit they may see, with how much of the minute is used. Those of revoked keys are left out. */
export const listRateLimitsAct = defineAct({
  name: 'list-rate-limits',
  effect: 'read',
  permission: 'budget:read',
  input: z.strictObject({ scope: limitScope.optional(), scopeId: z.uuid().optional() }),
  run: async (
    act,
    { scope, scopeId },
  ): Promise<{ readonly rateLimits: readonly RateView[]; readonly isLive: boolean }> => {
    const holders = (await listLimitHolders(act.tx, act.orgId)).filter(
      (holder) =>
        holder.isActive &&
        maySeeLimits(act, holder) &&
        (scope === undefined || holder.scope === scope) &&
        (scopeId === undefined || holder.scopeId === scopeId),
    )
    const { rates, isLive } = await readLimits(act, holders)
    return { rateLimits: rates, isLive }
  },
})
