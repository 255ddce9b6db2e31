import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { removeFromTeam } from '@atpar/db/teams'
import { defineAct } from '../define-act.ts'

/** Takes a member out of a team; their keys that name it stop in the same transaction. @throws AppError not_found */
export const removeFromTeamAct = defineAct({
  name: 'remove-from-team',
  effect: 'write',
  permission: 'team:manage',
  input: z.strictObject({ teamId: z.string(), memberId: z.string() }),
  run: async (act, place): Promise<{ readonly stoppedKeys: number }> => {
    const removed = await removeFromTeam(act.tx, act.orgId, place)
    if (removed === null) throw new AppError('not_found', { message: 'They are not in this team.' })
    await act.audit({
      action: 'team-member-removed',
      subjectKind: 'team',
      subjectId: place.teamId,
      before: { memberId: place.memberId },
      after: { ...removed },
    })
    return removed
  },
})
