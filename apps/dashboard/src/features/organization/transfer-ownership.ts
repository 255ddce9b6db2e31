import { AppError } from '@atpar/core/errors'
import { can } from '@atpar/core/permissions'
import { recordAudit } from '@atpar/db/audit-log'
import { transferOwnership } from '@atpar/db/members'
import { withTenant } from '@atpar/db/tenant'
import { asAuditActor } from '../../acts/define-act.ts'
import { actAs, type Visit } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'

/**
 * Makes another member an owner and the one who gives it away an admin. No act of the catalogue: a management key must never be able to.
 * @throws AppError forbidden for anyone but an owner, not_found for who is no member, conflict for oneself
 */
export const transferOwnershipOf = async (visit: Visit, toMemberId: string): Promise<void> => {
  if (!can(visit.role, 'organization:transfer')) throw new AppError('forbidden')
  if (toMemberId === visit.memberId) throw new AppError('conflict', { message: 'You are the owner already.' })
  const context = await actAs(visit)
  await withTenant(readDeps().db, visit.tenant, async (tx) => {
    await transferOwnership(tx, visit.orgId, { fromMemberId: visit.memberId, toMemberId })
    await recordAudit(tx, visit.orgId, {
      ...asAuditActor(context),
      action: 'ownership-transferred',
      subjectKind: 'member',
      subjectId: toMemberId,
      before: { owner: visit.memberId },
      after: { owner: toMemberId },
    })
  })
}
