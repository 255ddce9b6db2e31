import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { revokeManagementKey } from '@atpar/db/management-keys'
import { defineAct } from '../define-act.ts'

/** Stops a management key with its next call. @throws AppError not_found when there is no such key, or it is revoked already. */
export const revokeManagementKeyAct = defineAct({
  name: 'revoke-management-key',
  effect: 'write',
  permission: 'management-key:manage',
  input: z.strictObject({ managementKeyId: z.string() }),
  run: async (act, { managementKeyId }): Promise<void> => {
    if (act.userId === null) throw new AppError('forbidden', { message: 'Management keys are managed by people.' })
    const revoked = await revokeManagementKey(act.tx, act.orgId, managementKeyId)
    if (revoked === null) throw new AppError('not_found', { message: 'There is no such management key.' })
    await act.audit({
      action: 'management-key-revoked',
      subjectKind: 'management-key',
      subjectId: managementKeyId,
      before: { name: revoked.name },
    })
  },
})
