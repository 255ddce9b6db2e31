import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import {
  changeSlug,
  findSlugFault,
  readOrganization,
  renameOrganization,
  type OrganizationSettings,
} from '@atpar/db/organizations'
import { defineAct } from '../define-act.ts'

const input = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'Enter the name of your organization.')
    .max(120, 'At most 120 characters.')
    .regex(/[\p{L}\p{N}]/u, 'The name needs a letter or a digit.')
    .optional(),
  /** First part of the dashboard's paths. */
  slug: z
    .string()
    .trim()
    .superRefine((slug, context) => {
      const fault = findSlugFault(slug)
      if (fault !== null) context.addIssue({ code: 'custom', message: fault })
    })
    .optional(),
})

/** Changes name, address or both; what is absent stays. @throws AppError conflict (param `slug`) when the address is taken. */
export const updateOrganizationAct = defineAct({
  name: 'update-organization',
  effect: 'write',
  permission: 'organization:update',
  input,
  run: async (act, { name, slug }): Promise<OrganizationSettings> => {
    const before = await readOrganization(act.tx, act.orgId)
    if (before === null) throw new AppError('not_found')
    if (name !== undefined && name !== before.name) await renameOrganization(act.tx, act.orgId, name)
    if (slug !== undefined && slug !== before.slug) await changeSlug(act.tx, act.orgId, slug)
    const after = { ...before, name: name ?? before.name, slug: slug ?? before.slug }
    if (after.name !== before.name || after.slug !== before.slug) {
      await act.audit({
        action: 'organization-updated',
        subjectKind: 'organization',
        subjectId: act.orgId,
        before: { name: before.name, slug: before.slug },
        after: { name: after.name, slug: after.slug },
      })
    }
    return after
  },
})
