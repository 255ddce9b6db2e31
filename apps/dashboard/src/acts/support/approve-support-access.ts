import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { approveSupportAccess } from '@atpar/db/support-access'
import { defineAct } from '../define-act.ts'

/** Says yes to an operator's request; its hours begin now. @throws AppError not_found */
export const approveSupportAccessAct = defineAct({
  name: 'approve-support-access',
  effect: 'write',
  permission: 'support:manage',
  input: z.strictObject({ accessId: z.string() }),
  run: async (act, { accessId }) => {
    if (act.userId === null) throw new AppError('forbidden')
    const access = await approveSupportAccess(act.tx, act.orgId, { accessId, grantedByUserId: act.userId })
    if (access === null) throw new AppError('not_found', { message: 'There is no such request.' })
    await act.audit({
      action: 'support-access-granted',
      subjectKind: 'support-access',
      subjectId: accessId,
      before: { standing: 'requested' },
      after: { standing: 'active', operator: access.operatorEmail, reason: access.reason, hours: access.hours },
    })
    return access
  },
})
