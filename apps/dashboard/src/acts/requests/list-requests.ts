import { z } from 'zod'
import { listRequests } from '@atpar/db/requests'
import { defineAct } from '../define-act.ts'
import { narrowToReach } from '../reach-of-list.ts'

const input = z.strictObject({
  limit: z.int().min(1).max(200),
  /** Id of the last request of the page before. */
  before: z.string().optional(),
  modelId: z.string().optional(),
  provider: z.string().optional(),
  keyId: z.string().optional(),
  memberId: z.string().optional(),
  teamId: z.string().optional(),
  result: z.enum(['ok', 'failed']).optional(),
})

/** Newest first: everyone's, a team's for who administers it, else one's own. */
export const listRequestsAct = defineAct({
  name: 'list-requests',
  effect: 'read',
  permission: 'request:read',
  input,
  run: (act, { limit, before, memberId, teamId, ...filters }) =>
    listRequests(act.tx, act.orgId, {
      limit,
      ...(before === undefined ? {} : { before }),
      filters: { ...filters, ...narrowToReach(act, 'request:read', { memberId, teamId }) },
    }),
})
