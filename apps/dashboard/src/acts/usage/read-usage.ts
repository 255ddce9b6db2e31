import { z } from 'zod'
import { DAY_MS, HOUR_MS } from '@atpar/core/durations'
import { AppError } from '@atpar/core/errors'
import { readUsageSeries, USAGE_STEPS, USAGE_SUBJECTS } from '@atpar/db/usage-series'
import { defineAct } from '../define-act.ts'
import { narrowToReach } from '../reach-of-list.ts'

/** So that an answer stays one: a month of hours, two years of days. */
const LONGEST_MS = { hour: 31 * DAY_MS, day: 731 * DAY_MS, total: 731 * DAY_MS } as const

const input = z.strictObject({
  /** Whole UTC hours, half-open. */
  fromMs: z.int().multipleOf(HOUR_MS, 'must be a whole hour'),
  toMs: z.int().multipleOf(HOUR_MS, 'must be a whole hour'),
  step: z.enum(USAGE_STEPS),
  groupBy: z.enum(USAGE_SUBJECTS).nullable(),
  modelId: z.string().optional(),
  keyId: z.string().optional(),
  memberId: z.string().optional(),
  teamId: z.string().optional(),
})

/** Sums over the roll-ups the invoice is made of: everyone's, a team's for who administers it, else one's own. */
export const readUsageAct = defineAct({
  name: 'read-usage',
  effect: 'read',
  permission: 'usage:read',
  input,
  run: (act, { fromMs, toMs, step, groupBy, memberId, teamId, ...filters }) => {
    if (toMs <= fromMs) throw new AppError('invalid_request', { message: 'to must be later than from.', param: 'to' })
    if (toMs - fromMs > LONGEST_MS[step])
      throw new AppError('invalid_request', {
        message: `By ${step}, at most ${LONGEST_MS[step] / DAY_MS} days can be asked for at once.`,
        param: 'to',
      })
    return readUsageSeries(act.tx, act.orgId, {
      fromHour: new Date(fromMs),
      toHour: new Date(toMs),
      step,
      groupBy,
      ...filters,
      ...narrowToReach(act, 'usage:read', { memberId, teamId }),
    })
  },
})
