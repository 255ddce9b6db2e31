import { z } from 'zod'
import { listSupportAccess } from '@atpar/db/support-access'
import { defineAct } from '../define-act.ts'

/** Who of the platform's staff may look, might, or could, newest first. Every member may know. */
export const listSupportAccessAct = defineAct({
  name: 'list-support-access',
  effect: 'read',
  permission: 'organization:read',
  input: z.strictObject({}),
  run: (act) => listSupportAccess(act.tx, act.orgId),
})
