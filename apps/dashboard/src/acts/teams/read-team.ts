import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { listMembers } from '@atpar/db/members'
import { findTeam } from '@atpar/db/teams'
import { withFigures as withMemberFigures, type MemberView } from '../members/member-view.ts'
import { defineAct } from '../define-act.ts'
import { withFigures, type TeamView } from './team-view.ts'

export interface TeamWithMembers extends TeamView {
  readonly members: readonly MemberView[]
}

/** The team and who is in it. @throws AppError not_found for archived teams too */
export const readTeamAct = defineAct({
  name: 'read-team',
  effect: 'read',
  permission: 'team:read',
  input: z.strictObject({ teamId: z.string() }),
  run: async (act, { teamId }): Promise<TeamWithMembers> => {
    const team = await findTeam(act.tx, act.orgId, teamId)
    const [view] = team === null ? [] : await withFigures(act, [team])
    if (view === undefined) throw new AppError('not_found', { message: 'There is no such team.' })
    const members = (await listMembers(act.tx, act.orgId)).filter((member) =>
      member.teams.some((place) => place.teamId === teamId),
    )
    return { ...view, members: await withMemberFigures(act, members) }
  },
})
