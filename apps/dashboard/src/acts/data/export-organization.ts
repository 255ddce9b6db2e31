import { z } from 'zod'
import { defineAct } from '../define-act.ts'

/** Says that everything of the organization leaves the house, and by whom; the archive itself is streamed by whoever called. */
export const exportOrganizationAct = defineAct({
  name: 'export-organization',
  effect: 'read',
  permission: 'organization:export',
  input: z.strictObject({}),
  run: async (act) => {
    await act.audit({ action: 'organization-exported', subjectKind: 'organization', subjectId: act.orgId })
  },
})
