import { z } from 'zod'
import { createTeam } from '@atpar/db/teams'
import { defineAct } from '../define-act.ts'
import { teamNameSchema } from './team-name.ts'

/** A team without members yet. @throws AppError conflict (param `name`) */
export const createTeamAct = defineAct({
  name: 'create-team',
  effect: 'write',
  permission: 'team:manage',
  input: z.strictObject({ name: teamNameSchema }),
  run: async (act, { name }): Promise<{ readonly teamId: string }> => {
    const team = await createTeam(act.tx, act.orgId, name)
    await act.audit({ action: 'team-created', subjectKind: 'team', subjectId: team.teamId, after: { name } })
    return team
  },
})
