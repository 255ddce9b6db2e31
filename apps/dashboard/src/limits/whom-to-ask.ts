import type { LimitHolder } from '@atpar/db/limit-holders'
import { listMembers } from '@atpar/db/members'
import type { Tx } from '@atpar/db/client'
import type { OrgId } from '@atpar/db/tenant'
import { can } from '@atpar/core/permissions'
import type { LimitView } from './limit-state.ts'

const MOST_NAMES = 5

/** Names of who may raise what blocks: the admins of the team for a key, member or team of it, else the organization's. */
export const listWhomToAsk = async (
  tx: Tx,
  orgId: OrgId,
  blocking: readonly LimitView[],
): Promise<readonly string[]> => {
  const [hardest] = blocking
  if (hardest === undefined) return []
  const members = await listMembers(tx, orgId)
  const teamAdmins = members.filter((member) => adminsAllOf(member.teams, hardest.holder))
  const admins = members.filter((member) => can(member.role, 'budget:manage'))
  return [...new Set([...teamAdmins, ...admins].map((member) => member.name))].slice(0, MOST_NAMES)
}

const adminsAllOf = (
  teams: readonly { readonly teamId: string; readonly role: string }[],
  holder: LimitHolder,
): boolean =>
  holder.scope !== 'organization' &&
  holder.teamIds.length > 0 &&
  holder.teamIds.every((teamId) => teams.some((team) => team.teamId === teamId && team.role === 'team_admin'))
