import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { cancelDeletion } from '@atpar/db/organization-deletion'
import { readOrganization } from '@atpar/db/organizations'
import { defineAct } from '../define-act.ts'

/** Takes a deletion back within its week: keys work again as before. @throws AppError not_found when none is pending. */
export const restoreOrganizationAct = defineAct({
  name: 'restore-organization',
  effect: 'write',
  permission: 'organization:delete',
  input: z.strictObject({}),
  run: async (act) => {
    if (act.userId === null) throw new AppError('forbidden')
    if (!(await cancelDeletion(act.tx, act.orgId)))
      throw new AppError('not_found', { message: 'No deletion is pending.' })
    const organization = await readOrganization(act.tx, act.orgId)
    await act.audit({
      action: 'organization-restored',
      subjectKind: 'organization',
      subjectId: act.orgId,
      before: { status: 'suspended' },
      after: { status: organization?.status ?? 'active' },
    })
  },
})
