import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findRateLimit, removeRateLimit } from '@atpar/db/rate-limits'
import { defineAct } from '../define-act.ts'
import { describeRateLimit } from './describe-limits.ts'
import { requireManageable } from './limit-reach.ts'

/** Removes the rate limit of a level; the ones above it still bind. @throws AppError not_found when it is not within reach */
export const removeRateLimitAct = defineAct({
  name: 'remove-rate-limit',
  effect: 'write',
  permission: 'budget:manage',
  input: z.strictObject({ rateLimitId: z.uuid() }),
  run: async (act, { rateLimitId }) => {
    const limit = await findRateLimit(act.tx, act.orgId, rateLimitId)
    if (limit === null) throw new AppError('not_found')
    await requireManageable(act, limit)
    if (!(await removeRateLimit(act.tx, act.orgId, rateLimitId))) throw new AppError('not_found')
    await act.audit({
      action: 'rate-limit-removed',
      subjectKind: 'rate-limit',
      subjectId: rateLimitId,
      before: describeRateLimit(limit),
    })
  },
})
