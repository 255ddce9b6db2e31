import type { RateView } from '../../limits/limit-state.ts'
import { readLimits } from '../../limits/read-limits.ts'
import { defineAct } from '../define-act.ts'
import { holderFilter, listVisibleHolders } from './limit-reach.ts'

/** Every rate limit they may see, with how much of the minute is used. Those of revoked keys are left out. */
export const listRateLimitsAct = defineAct({
  name: 'list-rate-limits',
  effect: 'read',
  permission: 'budget:read',
  input: holderFilter,
  run: async (act, filter): Promise<{ readonly rateLimits: readonly RateView[]; readonly isLive: boolean }> => {
    const { rates, isLive } = await readLimits(act, await listVisibleHolders(act, filter))
    return { rateLimits: rates, isLive }
  },
})
