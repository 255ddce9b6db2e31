import { reaches } from '@atpar/core/permissions'
import { listMembersAct } from '../../acts/members/list-members.ts'
import type { MemberView } from '../../acts/members/member-view.ts'
import { listTeamsAct } from '../../acts/teams/list-teams.ts'
import { readTeamAct, type TeamWithMembers } from '../../acts/teams/read-team.ts'
import { listKeys, type KeySummary } from '@atpar/db/api-keys'
import { listTeamRoles, type Team } from '@atpar/db/teams'
import { actAs, type Visit } from '../../auth/guard.ts'
import { readTenant } from '../../tenant-read.ts'

export interface TeamDetail {
  readonly team: TeamWithMembers
  /** Where a member could move to. */
  readonly otherTeams: readonly Team[]
  /** Who could be added. */
  readonly outsiders: readonly MemberView[]
  /** The team's service keys and members' keys that name it, as far as they are in reach. */
  readonly keys: readonly KeySummary[]
}

/** @throws AppError not_found */
export const readTeam = async (visit: Visit, teamId: string): Promise<TeamDetail> => {
  const context = await actAs(visit)
  const team = await readTeamAct(context, { teamId })
  const [teams, members] = await Promise.all([listTeamsAct(context, {}), listMembersAct(context, {})])
  const inside = new Set(team.members.map(({ memberId }) => memberId))
  const keys = await readTenant(visit.tenant, async ({ tx, atMs }) => {
    const teamRoles = await listTeamRoles(tx, visit.orgId, visit.memberId)
    const standing = { role: visit.role, memberId: visit.memberId, teamRoles }
    const all = await listKeys(tx, visit.orgId, { atMs })
    return all.filter((key) => key.teamId === teamId && reaches(standing, 'key:read', key))
  })
  return {
    team,
    otherTeams: teams.filter((candidate) => candidate.teamId !== teamId),
    outsiders: members.filter(({ memberId }) => !inside.has(memberId)),
    keys,
  }
}
