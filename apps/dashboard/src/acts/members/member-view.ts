import { can } from '@atpar/core/permissions'
import type { Pusd } from '@atpar/core/money'
import type { Member } from '@atpar/db/members'
import { NO_FIGURES, readPeopleFigures, type PeopleFigures } from '@atpar/db/people-figures'
import type { Act } from '../define-act.ts'

/** A member as the reader may see them: names are everyone's, numbers only of those within reach. */
export interface MemberView extends Member {
  /** Billed this UTC month; null out of reach. A team admin sees what counted against their teams. */
  readonly spentThisMonthPusd: Pusd | null
  readonly activeKeys: number | null
}

const administeredTeams = (act: Act): readonly string[] =>
  [...act.teamRoles].filter(([, role]) => role === 'team_admin').map(([teamId]) => teamId)

/** Adds what the reader may know of each member's spend and keys. */
export const withFigures = async (act: Act, members: readonly Member[]): Promise<readonly MemberView[]> => {
  const { tx, orgId, atMs } = act
  const teamIds = administeredTeams(act)
  const seesAll = can(act.role, 'usage:read')
  const all = await readPeopleFigures(tx, orgId, { by: 'member', atMs })
  const inTeams = seesAll ? all : await readPeopleFigures(tx, orgId, { by: 'member', atMs, teamIds })
  const seesOwn = can(act.role, 'usage:read:own')
  const figuresOf = (member: Member): PeopleFigures | null => {
    if (seesAll || (seesOwn && member.memberId === act.memberId)) return all.get(member.memberId) ?? NO_FIGURES
    const isTheirs = member.teams.some((team) => teamIds.includes(team.teamId))
    return isTheirs ? (inTeams.get(member.memberId) ?? NO_FIGURES) : null
  }
  return members.map((member) => {
    const figures = figuresOf(member)
    return {
      ...member,
      spentThisMonthPusd: figures?.spentThisMonthPusd ?? null,
      activeKeys: figures?.activeKeys ?? null,
    }
  })
}
