import { z } from 'zod'
import type { RateLimit } from '@atpar/core/quota'
import type { Level } from '@atpar/db/limit-holders'
import { listRateLimits, setRateLimit } from '@atpar/db/rate-limits'
import { defineAct, type Act } from '../define-act.ts'
import { describeRateLimit } from './describe-limits.ts'
import { limitHolder, rateCeilings, tag } from './limit-inputs.ts'
import { requireManageable } from './limit-reach.ts'
import { requireKnownModels } from './require-known-models.ts'

export const newRateLimit = z
  .strictObject({
    ...rateCeilings,
    modelId: z.string().min(1).max(200).nullable().default(null),
    tag: tag.nullable().default(null),
  })
  .refine((limit) => limit.modelId === null || limit.tag === null, {
    path: ['tag'],
    message: 'Choose a model or a tag: a limit counts one of either.',
  })
  .refine((limit) => limit.requestsPerMinute !== null || limit.tokensPerMinute !== null || limit.concurrency !== null, {
    path: ['requestsPerMinute'],
    message: 'Give at least one: requests a minute, tokens a minute or requests at the same time.',
  })

export type NewRateLimitInput = z.output<typeof newRateLimit>

/** Sets the rate limit of a level that is known to be within reach, with its entry in the record of acts. */
export const writeRateLimit = async (act: Act, level: Level, input: NewRateLimitInput): Promise<RateLimit> => {
  if (input.modelId !== null) await requireKnownModels(act, 'modelId', [input.modelId])
  const before = (await listRateLimits(act.tx, act.orgId)).find(
    (known) =>
      known.scope === level.scope &&
      known.scopeId === level.scopeId &&
      known.modelId === input.modelId &&
      known.tag === input.tag,
  )
  const limit = await setRateLimit(act.tx, act.orgId, { ...level, ...input })
  await act.audit({
    action: 'rate-limit-set',
    subjectKind: 'rate-limit',
    subjectId: limit.id,
    ...(before === undefined ? {} : { before: describeRateLimit(before) }),
    after: describeRateLimit(limit),
  })
  return limit
}

/** Requests and tokens per minute and concurrent requests of a level; replaces all three. @throws AppError not_found when the level is not within reach */
export const setRateLimitAct = defineAct({
  name: 'set-rate-limit',
  effect: 'write',
  permission: 'budget:manage',
  input: newRateLimit.safeExtend(limitHolder),
  run: async (act, { scope, scopeId, ...input }) => {
    const level = { scope, scopeId }
    await requireManageable(act, level)
    return writeRateLimit(act, level, input)
  },
})
