import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findTeam, renameTeam } from '@atpar/db/teams'
import { defineAct } from '../define-act.ts'
import { teamNameSchema } from './team-name.ts'

/** @throws AppError not_found, conflict (param `name`) */
export const renameTeamAct = defineAct({
  name: 'rename-team',
  effect: 'write',
  permission: 'team:manage',
  input: z.strictObject({ teamId: z.string(), name: teamNameSchema }),
  run: async (act, { teamId, name }) => {
    const team = await findTeam(act.tx, act.orgId, teamId)
    if (team === null) throw new AppError('not_found', { message: 'There is no such team.' })
    if (team.name === name) return
    await renameTeam(act.tx, act.orgId, { teamId, name })
    await act.audit({
      action: 'team-renamed',
      subjectKind: 'team',
      subjectId: teamId,
      before: { name: team.name },
      after: { name },
    })
  },
})
