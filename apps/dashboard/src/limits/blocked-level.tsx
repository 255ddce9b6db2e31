import { readLimitsAct } from '../acts/limits/read-limits.ts'
import { actAs, type Visit } from '../auth/guard.ts'
import type { Level } from '@atpar/db/limit-holders'
import { readTenant } from '../tenant-read.ts'
import { findBlocking } from './blocking.ts'
import { BlockedNotice } from './blocked-notice.tsx'
import { nullWhenNotTheirs } from './null-when-not-theirs.ts'
import { listWhomToAsk } from './whom-to-ask.ts'

/** On a page about a key: whether its requests are refused now, by what, until when, and who can change that. */
export const BlockedLevel = async ({ visit, level }: { readonly visit: Visit; readonly level: Level }) => {
  const limits = await readLimitsAct(await actAs(visit), level).catch(nullWhenNotTheirs)
  if (limits === null) return null
  const all = {
    budgets: [...limits.budgets, ...limits.above.budgets],
    rates: [...limits.rates, ...limits.above.rates],
    isLive: limits.isLive,
  }
  const blocking = findBlocking(all)
  if (blocking.length === 0) return null
  const askNames = limits.mayManage
    ? []
    : await readTenant(visit.tenant, ({ tx }) => listWhomToAsk(tx, visit.orgId, blocking))
  return <BlockedNotice limits={all} askNames={askNames} ownMemberId={visit.memberId} />
}
