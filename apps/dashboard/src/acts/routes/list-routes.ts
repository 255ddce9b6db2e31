import { z } from 'zod'
import { listRoutes } from '@atpar/db/routes'
import { defineAct } from '../define-act.ts'

/** The organization's own routing policies, each with its newest published version. */
export const listRoutesAct = defineAct({
  name: 'list-routes',
  effect: 'read',
  permission: 'route:read',
  input: z.strictObject({}),
  run: (act) => listRoutes(act.tx, act.orgId),
})
