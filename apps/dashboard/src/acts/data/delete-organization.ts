import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { requestDeletion, type PendingDeletion } from '@atpar/db/organization-deletion'
import { readOrganization } from '@atpar/db/organizations'
import { defineAct } from '../define-act.ts'

/**
 * Suspends the organization now and has it erased in a week. `name` is typed by whoever means it.
 * @throws AppError invalid_request (param `name`) for another name, conflict when a deletion is pending.
 */
export const deleteOrganizationAct = defineAct({
  name: 'delete-organization',
  effect: 'write',
  permission: 'organization:delete',
  input: z.strictObject({ name: z.string().trim() }),
  run: async (act, { name }): Promise<PendingDeletion> => {
    // No key ends an organization: a person does.
    if (act.userId === null) throw new AppError('forbidden')
    const organization = await readOrganization(act.tx, act.orgId)
    if (organization === null) throw new AppError('not_found')
    if (name !== organization.name)
      throw new AppError('invalid_request', { message: `Type “${organization.name}” to delete it.`, param: 'name' })
    const pending = await requestDeletion(act.tx, act.orgId, act.userId)
    if (pending === null) throw new AppError('conflict', { message: 'Its deletion is under way already.' })
    await act.audit({
      action: 'organization-deletion-requested',
      subjectKind: 'organization',
      subjectId: act.orgId,
      before: { status: organization.status },
      after: { status: 'suspended', erasedOn: new Date(pending.dueAtMs).toISOString() },
    })
    return pending
  },
})
