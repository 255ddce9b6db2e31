import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { archiveTeam, findTeam } from '@atpar/db/teams'
import { defineAct } from '../define-act.ts'

/** Puts a team away for good: its keys stop, its members stay in the organization, its usage stays on record. @throws AppError not_found */
export const archiveTeamAct = defineAct({
  name: 'archive-team',
  effect: 'write',
  permission: 'team:manage',
  input: z.strictObject({ teamId: z.string() }),
  run: async (act, { teamId }): Promise<{ readonly stoppedKeys: number }> => {
    const team = await findTeam(act.tx, act.orgId, teamId)
    const archived = await archiveTeam(act.tx, act.orgId, teamId)
    if (team === null || archived === null) throw new AppError('not_found', { message: 'There is no such team.' })
    await act.audit({
      action: 'team-archived',
      subjectKind: 'team',
      subjectId: teamId,
      before: { name: team.name, members: team.memberCount },
      after: { ...archived },
    })
    return archived
  },
})
