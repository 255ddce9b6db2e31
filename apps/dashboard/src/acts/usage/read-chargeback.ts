import { z } from 'zod'
import { DAY_MS } from '@atpar/core/durations'
import { AppError } from '@atpar/core/errors'
import { CHARGEBACK_SUBJECTS, readChargeback } from '@atpar/db/usage-export'
import { defineAct } from '../define-act.ts'
import { narrowToReach } from '../reach-of-list.ts'

const LONGEST_MS = 400 * DAY_MS

/** What each team, member, key or tag cost, by month of use, model and provider: what one department charges another by. */
export const readChargebackAct = defineAct({
  name: 'read-chargeback',
  effect: 'read',
  permission: 'usage:read',
  input: z.strictObject({
    /** Whole UTC days, half-open. */
    fromMs: z.int().multipleOf(DAY_MS, 'must be a whole UTC day'),
    toMs: z.int().multipleOf(DAY_MS, 'must be a whole UTC day'),
    by: z.enum(CHARGEBACK_SUBJECTS),
    memberId: z.string().optional(),
    teamId: z.string().optional(),
  }),
  run: (act, { fromMs, toMs, by, memberId, teamId }) => {
    if (toMs <= fromMs || toMs - fromMs > LONGEST_MS)
      throw new AppError('invalid_request', { message: 'At most 400 days can be asked for at once.', param: 'to' })
    return readChargeback(act.tx, act.orgId, {
      from: new Date(fromMs),
      to: new Date(toMs),
      by,
      ...narrowToReach(act, 'usage:read', { memberId, teamId }),
    })
  },
})
