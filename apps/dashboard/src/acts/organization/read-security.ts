import { z } from 'zod'
import { isTwoFactorRequired } from '@atpar/db/two-factor'
import { defineAct } from '../define-act.ts'

/** What the organization asks of those who sign in. */
export const readSecurityAct = defineAct({
  name: 'read-security',
  effect: 'read',
  permission: 'security:manage',
  input: z.strictObject({}),
  run: async (act) => ({ requireTwoFactor: await isTwoFactorRequired(act.tx, act.orgId) }),
})
