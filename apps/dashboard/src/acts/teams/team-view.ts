import type { Pusd } from '@atpar/core/money'
import { reaches } from '@atpar/core/permissions'
import { NO_FIGURES, readPeopleFigures } from '@atpar/db/people-figures'
import type { Team } from '@atpar/db/teams'
import type { Act } from '../define-act.ts'

/** A team as the reader may see it: its name is everyone's, its numbers only of those within reach. */
export interface TeamView extends Team {
  /** Billed this UTC month; null out of reach. */
  readonly spentThisMonthPusd: Pusd | null
  /** Service keys and members' keys that name the team. */
  readonly activeKeys: number | null
}

export const withFigures = async (act: Act, teams: readonly Team[]): Promise<readonly TeamView[]> => {
  const figures = await readPeopleFigures(act.tx, act.orgId, { by: 'team', atMs: act.atMs })
  return teams.map((team) => {
    const isInReach = reaches(act, 'usage:read', { memberId: null, teamId: team.teamId })
    const { spentThisMonthPusd, activeKeys } = figures.get(team.teamId) ?? NO_FIGURES
    return {
      ...team,
      ...(isInReach ? { spentThisMonthPusd, activeKeys } : { spentThisMonthPusd: null, activeKeys: null }),
    }
  })
}
