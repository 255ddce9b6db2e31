import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { canGrantRole } from '@atpar/core/permissions'
import { findMember, removeMember, type RemovedMember } from '@atpar/db/members'
import { defineAct } from '../define-act.ts'

/**
 * Ends a membership: access, keys and the invitations they sent, in one transaction; service keys of their teams stay.
 * @throws AppError not_found, forbidden for an owner when one is none, and for the last owner
 */
export const removeMemberAct = defineAct({
  name: 'remove-member',
  effect: 'write',
  permission: 'member:remove',
  input: z.strictObject({ memberId: z.string() }),
  run: async (act, { memberId }): Promise<RemovedMember> => {
    const member = await findMember(act.tx, act.orgId, memberId)
    if (member === null) throw new AppError('not_found', { message: 'There is no such member.' })
    if (!canGrantRole(act.role, member.role))
      throw new AppError('forbidden', { message: 'Only an owner removes an owner.' })
    const removed = await removeMember(act.tx, act.orgId, memberId)
    await act.audit({
      action: 'member-removed',
      subjectKind: 'member',
      subjectId: memberId,
      before: { role: member.role, teams: member.teams.map((team) => team.teamId) },
      after: { ...removed },
    })
    return removed
  },
})
