import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { endSupportAccess } from '@atpar/db/support-access'
import { defineAct } from '../define-act.ts'

/** Ends an operator's access at once, or declines a request for it. @throws AppError not_found */
export const endSupportAccessAct = defineAct({
  name: 'end-support-access',
  effect: 'write',
  permission: 'support:manage',
  input: z.strictObject({ accessId: z.string() }),
  run: async (act, { accessId }) => {
    const access = await endSupportAccess(act.tx, act.orgId, { accessId, endedByUserId: act.userId })
    if (access === null) throw new AppError('not_found', { message: 'This access is over already.' })
    await act.audit({
      action: access.standing === 'requested' ? 'support-access-declined' : 'support-access-ended',
      subjectKind: 'support-access',
      subjectId: accessId,
      before: { standing: access.standing, operator: access.operatorEmail },
      after: { standing: 'ended' },
    })
  },
})
