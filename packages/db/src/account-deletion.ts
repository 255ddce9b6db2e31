import { AppError } from '@atpar/core/errors'
import { recordAudit } from './audit-log.ts'
import type { Db, Tx } from './client.ts'
import { listMemberships, removeMember, type OrganizationOfUser } from './members.ts'
import { enterTenant, withActor } from './tenant.ts'

export interface AccountDeletion {
  readonly userId: string
  /** Of the log-in that asks, for the records of the organizations. */
  readonly sessionId: string
  readonly ip: string | null
}

/** False when they are its only owner: nothing was changed then. */
const leave = async (tx: Tx, organization: OrganizationOfUser, deletion: AccountDeletion): Promise<boolean> => {
  const { orgId, memberId, role } = organization
  const { userId, sessionId, ip } = deletion
  await enterTenant(tx, { orgId, userId })
  try {
    const removed = await removeMember(tx, orgId, memberId)
    await recordAudit(tx, orgId, {
      actorUserId: userId,
      sessionId,
      ...(ip === null ? {} : { ip }),
      action: 'member-account-deleted',
      subjectKind: 'member',
      subjectId: memberId,
      before: { role },
      after: { ...removed },
    })
    return true
  } catch (error) {
    if (error instanceof AppError && error.code === 'forbidden') return false
    throw error
  }
}

/**
 * Ends every membership of a person, stops their keys and takes away who they were, in one transaction: all of it happens or nothing does.
 * Wake the proxies afterwards. @throws AppError conflict that names the organizations they are the only owner of
 */
export const deleteAccount = (db: Db, deletion: AccountDeletion): Promise<void> =>
  withActor(db, deletion.userId, async (tx) => {
    // In one order for everybody, so that two members who go at once wait for each other and never in a circle.
    const organizations = (await listMemberships(tx)).toSorted((a, b) => (a.orgId < b.orgId ? -1 : 1))
    const ownerless: string[] = []
    for (const organization of organizations)
      if (!(await leave(tx, organization, deletion))) ownerless.push(organization.name)
    if (ownerless.length > 0)
      throw new AppError('conflict', {
        message: `You are the only owner of ${ownerless.join(', ')}. Make someone else an owner there, or delete the organization and come back once it is gone.`,
      })
    await tx.$executeRaw`SELECT erase_own_account()`
  })
