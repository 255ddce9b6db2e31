import type { JobPayload } from '@atpar/queue/catalog'
import { publishChange } from '@atpar/redis/changes'
import { readClockOffset } from '../clock.ts'
import { collectDeps } from '../collect/collect-deps.ts'
import { topUpBalances } from '../credit/auto-top-up.ts'
import { billInterim } from '../credit/bill-interim.ts'
import { refreshCreditStanding } from '../credit/refresh-credit.ts'
import { tellDunning } from '../credit/tell-dunning.ts'
import { tellInterim } from '../credit/tell-interim.ts'
import { tellTopUps } from '../credit/tell-top-ups.ts'
import type { Deps } from '../deps.ts'

/**
 * Every few seconds for all, and at once for the one whose money moved: how much may be owed, what unpaid invoices lead to, who is billed before the month
 * ends, and who is told.
 */
export const refreshCredit = async (deps: Deps, payload: JobPayload<'refresh-credit'>): Promise<void> => {
  const orgId = payload.orgId ?? null
  const nowMs = deps.wallMs() + (await readClockOffset(deps.pool))
  const collect = await collectDeps(deps)
  if (collect !== null) await topUpBalances(collect)
  await billInterim(deps, { orgId, nowMs })
  const told = await refreshCreditStanding(deps, { orgId, nowMs })
  if (told > 0 && deps.redis.status === 'ready') await publishChange(deps.redis, null)
  await tellDunning(deps)
  await tellInterim(deps)
  await tellTopUps(deps)
}
