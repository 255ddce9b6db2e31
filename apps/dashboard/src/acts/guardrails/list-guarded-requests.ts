import { z } from 'zod'
import { listGuardedRequests } from '@atpar/db/guard-findings'
import { defineAct } from '../define-act.ts'
import { narrowToReach } from '../reach-of-list.ts'

/** Of so many of the newest requests, those in which something was found. */
const AMONG = 1_000

/** Newest first: everyone's for those who read everyone's requests, else one's own. What was refused is not among them: it left no request. */
export const listGuardedRequestsAct = defineAct({
  name: 'list-guarded-requests',
  effect: 'read',
  permission: 'request:read',
  input: z.strictObject({ limit: z.int().min(1).max(100) }),
  run: (act, { limit }) =>
    listGuardedRequests(act.tx, act.orgId, { ...narrowToReach(act, 'request:read', {}), among: AMONG, limit }),
})
