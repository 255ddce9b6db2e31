import { z } from 'zod'
import { listMembers } from '@atpar/db/members'
import { defineAct } from '../define-act.ts'
import { withFigures } from './member-view.ts'

/** Active members, the longest there first. `search` looks into names and addresses. */
export const listMembersAct = defineAct({
  name: 'list-members',
  effect: 'read',
  permission: 'member:read',
  input: z.strictObject({ search: z.string().trim().max(200).optional(), teamId: z.string().optional() }),
  run: async (act, { search, teamId }) => {
    const wanted = search?.toLowerCase() ?? ''
    const members = (await listMembers(act.tx, act.orgId)).filter(
      (member) =>
        (member.name.toLowerCase().includes(wanted) || member.email.includes(wanted)) &&
        (teamId === undefined || member.teams.some((team) => team.teamId === teamId)),
    )
    return withFigures(act, members)
  },
})
