import { listLimitHolders } from '@atpar/db/limit-holders'
import type { Visit } from '../auth/guard.ts'
import { readTenant } from '../tenant-read.ts'
import { findBlocking } from './blocking.ts'
import { BlockedNotice } from './blocked-notice.tsx'
import { chainOf } from './chain.ts'
import { readLimits } from './read-limits.ts'
import { listWhomToAsk } from './whom-to-ask.ts'

/** For the one who looks: what refuses requests of theirs now, on any of their keys or anywhere above. Everything in it binds their own calls. */
export const BlockedMember = async ({ visit }: { readonly visit: Visit }) => {
  if (visit.support !== null) return null
  const found = await readTenant(visit.tenant, async ({ tx, atMs }) => {
    const holders = await listLimitHolders(tx, visit.orgId)
    const member = holders.find((holder) => holder.scope === 'member' && holder.scopeId === visit.memberId)
    if (member === undefined) return null
    const ownKeys = holders.filter(
      (holder) => holder.scope === 'key' && holder.isActive && holder.memberId === visit.memberId,
    )
    const limits = await readLimits({ tx, orgId: visit.orgId, atMs }, [...ownKeys, ...chainOf(member, holders)])
    return { limits, askNames: await listWhomToAsk(tx, visit.orgId, findBlocking(limits)) }
  })
  return found === null ? null : <BlockedNotice {...found} ownMemberId={visit.memberId} />
}
