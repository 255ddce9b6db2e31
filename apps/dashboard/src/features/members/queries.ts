import { can, reaches, type TeamRole } from '@atpar/core/permissions'
import { listInvitationsAct } from '../../acts/members/list-invitations.ts'
import { listMembersAct } from '../../acts/members/list-members.ts'
import { readMemberAct } from '../../acts/members/read-member.ts'
import { listTeamsAct } from '../../acts/teams/list-teams.ts'
import type { MemberView } from '../../acts/members/member-view.ts'
import { listKeys, type KeySummary } from '@atpar/db/api-keys'
import type { OpenInvitation } from '@atpar/db/invitations'
import { listTeamRoles, type Team } from '@atpar/db/teams'
import { actAs, type Visit } from '../../auth/guard.ts'
import { readTenant } from '../../tenant-read.ts'

export interface MembersView {
  readonly members: readonly MemberView[]
  readonly teams: readonly Team[]
  /** Empty for those who may not invite. */
  readonly invitations: readonly OpenInvitation[]
}

export const readMembers = async (
  visit: Visit,
  filter: { readonly search: string; readonly teamId: string },
): Promise<MembersView> => {
  const context = await actAs(visit)
  const [members, teams, invitations] = await Promise.all([
    listMembersAct(context, { search: filter.search, ...(filter.teamId === '' ? {} : { teamId: filter.teamId }) }),
    listTeamsAct(context, {}),
    can(visit.role, 'member:invite') ? listInvitationsAct(context, {}) : [],
  ])
  return { members, teams, invitations }
}

export interface MemberDetail {
  readonly member: MemberView
  readonly teams: readonly Team[]
  /** Those within the reader's reach. */
  readonly keys: readonly KeySummary[]
  readonly teamRoles: ReadonlyMap<string, TeamRole>
}

/** @throws AppError not_found */
export const readMember = async (visit: Visit, memberId: string): Promise<MemberDetail> => {
  const context = await actAs(visit)
  const [member, teams] = await Promise.all([readMemberAct(context, { memberId }), listTeamsAct(context, {})])
  return readTenant(visit.tenant, async ({ tx, atMs }) => {
    const teamRoles = await listTeamRoles(tx, visit.orgId, visit.memberId)
    const standing = { role: visit.role, memberId: visit.memberId, teamRoles }
    const keys = await listKeys(tx, visit.orgId, { atMs, memberId })
    return { member, teams, teamRoles, keys: keys.filter((key) => reaches(standing, 'key:read', key)) }
  })
}
