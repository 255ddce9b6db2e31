import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { TEAM_ROLES } from '@atpar/core/permissions'
import { putInTeam, removeFromTeam } from '@atpar/db/teams'
import { defineAct } from '../define-act.ts'

/**
 * From one team to another in one step. What they administered does not come along unless `role` says so, and their keys that name the old team stop:
 * its budget would go on paying for them. @throws AppError not_found
 */
export const moveMemberAct = defineAct({
  name: 'move-member',
  effect: 'write',
  permission: 'team:manage',
  input: z.strictObject({
    memberId: z.string(),
    fromTeamId: z.string(),
    toTeamId: z.string(),
    role: z.enum(TEAM_ROLES).default('developer'),
  }),
  run: async (act, { memberId, fromTeamId, toTeamId, role }): Promise<{ readonly stoppedKeys: number }> => {
    if (fromTeamId === toTeamId)
      throw new AppError('invalid_request', { message: 'They are in this team already.', param: 'toTeamId' })
    const left = await removeFromTeam(act.tx, act.orgId, { memberId, teamId: fromTeamId })
    if (left === null) throw new AppError('not_found', { message: 'They are not in this team.' })
    await putInTeam(act.tx, act.orgId, { memberId, teamId: toTeamId, role })
    await act.audit({
      action: 'team-member-moved',
      subjectKind: 'team',
      subjectId: toTeamId,
      before: { memberId, teamId: fromTeamId },
      after: { memberId, teamId: toTeamId, role, ...left },
    })
    return left
  },
})
