import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { readOrganization } from '@atpar/db/organizations'
import { defineAct } from '../define-act.ts'

/** Name, address and standing of the organization. */
export const readOrganizationAct = defineAct({
  name: 'read-organization',
  effect: 'read',
  permission: 'organization:read',
  input: z.strictObject({}),
  run: async (act) => {
    const organization = await readOrganization(act.tx, act.orgId)
    if (organization === null) throw new AppError('not_found')
    return organization
  },
})
