import { z } from 'zod'
import { listCredentials } from '@atpar/db/credentials'
import { defineAct } from '../define-act.ts'

/** All of the organization's own, in the order in which they are tried; never a key. */
export const listCredentialsAct = defineAct({
  name: 'list-credentials',
  effect: 'read',
  permission: 'credential:manage',
  input: z.strictObject({}),
  run: (act) => listCredentials(act.tx, act.orgId),
})
