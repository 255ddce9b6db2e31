import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findRequest } from '@atpar/db/requests'
import { defineAct } from '../define-act.ts'

/** Every event of one request: its attempts with their trail, corrections after what they correct. @throws AppError not_found */
export const readRequestAct = defineAct({
  name: 'read-request',
  effect: 'read',
  permission: 'request:read',
  input: z.strictObject({ requestId: z.string() }),
  run: async (act, { requestId }) => {
    const events = await findRequest(act.tx, act.orgId, requestId)
    const [first] = events ?? []
    if (events === null || first === undefined) throw new AppError('not_found')
    act.requireReach('request:read', first)
    return events
  },
})
