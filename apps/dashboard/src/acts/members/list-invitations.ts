import { z } from 'zod'
import { listInvitations } from '@atpar/db/invitations'
import { defineAct } from '../define-act.ts'

/** Those nobody has answered, expired ones included, newest first. */
export const listInvitationsAct = defineAct({
  name: 'list-invitations',
  effect: 'read',
  permission: 'member:invite',
  input: z.strictObject({}),
  run: (act) => listInvitations(act.tx, act.orgId),
})
