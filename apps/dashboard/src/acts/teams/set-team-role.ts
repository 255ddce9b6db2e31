import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { TEAM_ROLES } from '@atpar/core/permissions'
import { findMember } from '@atpar/db/members'
import { putInTeam } from '@atpar/db/teams'
import { defineAct } from '../define-act.ts'

/** Adds a member to a team, or changes what they are in it. @throws AppError not_found when either is not of this organization */
export const setTeamRoleAct = defineAct({
  name: 'set-team-role',
  effect: 'write',
  permission: 'team:manage',
  input: z.strictObject({ teamId: z.string(), memberId: z.string(), role: z.enum(TEAM_ROLES).default('developer') }),
  run: async (act, { teamId, memberId, role }) => {
    const member = await findMember(act.tx, act.orgId, memberId)
    if (member === null) throw new AppError('not_found', { message: 'There is no such member.' })
    const before = member.teams.find((team) => team.teamId === teamId)?.role ?? null
    if (before === role) return
    await putInTeam(act.tx, act.orgId, { teamId, memberId, role })
    await act.audit({
      action: before === null ? 'team-member-added' : 'team-role-changed',
      subjectKind: 'team',
      subjectId: teamId,
      ...(before === null ? {} : { before: { memberId, role: before } }),
      after: { memberId, role },
    })
  },
})
