import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { removeMember, type RemovedMember } from '@atpar/db/members'
import { defineAct } from '../define-act.ts'

/** Ends one's own membership, with all that hangs on it. @throws AppError forbidden for the last owner and for a management key */
export const leaveOrganizationAct = defineAct({
  name: 'leave-organization',
  effect: 'write',
  permission: 'organization:read',
  input: z.strictObject({}),
  run: async (act): Promise<RemovedMember> => {
    if (act.memberId === null) throw new AppError('forbidden')
    const removed = await removeMember(act.tx, act.orgId, act.memberId)
    await act.audit({
      action: 'member-left',
      subjectKind: 'member',
      subjectId: act.memberId,
      before: { role: act.role },
      after: { ...removed },
    })
    return removed
  },
})
