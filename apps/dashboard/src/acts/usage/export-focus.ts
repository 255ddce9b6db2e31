import { z } from 'zod'
import { toFocusRows } from '@atpar/core/focus'
import { readFocusDay } from '@atpar/db/focus-days'
import { defineAct } from '../define-act.ts'
import { narrowToReach } from '../reach-of-list.ts'

/** One UTC day in the columns of FOCUS 1.2, which tools of finance departments read. */
export const exportFocusAct = defineAct({
  name: 'export-focus',
  effect: 'read',
  permission: 'usage:read',
  input: z.strictObject({
    day: z.iso.date(),
    memberId: z.string().optional(),
    teamId: z.string().optional(),
  }),
  run: async (act, { day, memberId, teamId }) => {
    const days = await readFocusDay(act.tx, act.orgId, {
      day,
      ...narrowToReach(act, 'usage:read', { memberId, teamId }),
    })
    return days.flatMap(toFocusRows)
  },
})
