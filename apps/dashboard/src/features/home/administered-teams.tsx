import Link from 'next/link'
import { can } from '@atpar/core/permissions'
import { listTeamRoles } from '@atpar/db/teams'
import { listLimitHolders } from '@atpar/db/limit-holders'
import { listTeamsAct } from '../../acts/teams/list-teams.ts'
import type { TeamView } from '../../acts/teams/team-view.ts'
import { actAs, type Visit } from '../../auth/guard.ts'
import { byFullness } from '../../limits/blocking.ts'
import { roomOf, type BudgetView } from '../../limits/limit-state.ts'
import { describeHolder, formatAmount, nameBudget, PERIOD_WORDS } from '../../limits/limit-words.ts'
import { readLimits } from '../../limits/read-limits.ts'
import { readTenant } from '../../tenant-read.ts'
import { Card } from '../../ui/card.tsx'
import { LimitBar } from '../../ui/limit-bar.tsx'
import { Money } from '../../ui/money.tsx'

interface AdministeredTeam {
  readonly team: TeamView
  /** The fullest of its budgets that count everything; null when it has none. */
  readonly fullest: BudgetView | null
}

const readTeams = async (visit: Visit): Promise<readonly AdministeredTeam[]> => {
  const own = await readTenant(visit.tenant, async ({ tx, atMs }) => {
    const roles = await listTeamRoles(tx, visit.orgId, visit.memberId)
    const holders = (await listLimitHolders(tx, visit.orgId)).filter(
      ({ scope, scopeId }) => scope === 'team' && roles.get(scopeId) === 'team_admin',
    )
    return {
      teamIds: new Set(holders.map(({ scopeId }) => scopeId)),
      budgets: holders.length === 0 ? [] : (await readLimits({ tx, orgId: visit.orgId, atMs }, holders)).budgets,
    }
  })
  if (own.teamIds.size === 0) return []
  const teams = await listTeamsAct(await actAs(visit), {})
  const budgets = own.budgets
    .filter(({ budget }) => budget.modelId === null && budget.tag === null)
    .toSorted(byFullness)
  return teams
    .filter(({ teamId }) => own.teamIds.has(teamId))
    .map((team) => ({ team, fullest: budgets.find(({ holder }) => holder.scopeId === team.teamId) ?? null }))
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

const TeamItem = ({ orgSlug, team, fullest }: AdministeredTeam & { readonly orgSlug: string }) => (
  <li className="space-y-2 px-5 py-3.5">
    <div className="flex items-baseline justify-between gap-4">
      <Link
        href={`/${orgSlug}/teams/${team.teamId}`}
        className="min-w-0 truncate rounded font-medium underline-offset-4 hover:underline"
        title={team.name}
      >
        {team.name}
      </Link>
      {team.spentThisMonthPusd !== null && (
        <span className="shrink-0">
          <Money pusd={team.spentThisMonthPusd} detail="overview" />
        </span>
      )}
    </div>
    {fullest !== null && (
      <LimitBar
        label={`${nameBudget(fullest)} of ${describeHolder(fullest.holder)}`}
        used={fullest.used}
        held={fullest.held}
        limit={fullest.limit}
      />
    )}
    <p className="flex flex-wrap justify-between gap-x-4 text-[13px] text-muted">
      <span>
        {fullest === null
          ? 'No budget of its own'
          : `${formatAmount(roomOf(fullest), fullest.budget.unit)} left of ${formatAmount(fullest.limit, fullest.budget.unit)} ${PERIOD_WORDS[fullest.budget.period].per}`}
      </span>
      <span>
        {counted(team.memberCount, 'member', 'members')}
        {team.activeKeys !== null && `, ${counted(team.activeKeys, 'active key', 'active keys')}`}
      </span>
    </p>
  </li>
)

/** For those who see not everybody's use, but that of teams they administer. */
export const AdministeredTeams = async ({ visit }: { readonly visit: Visit }) => {
  if (visit.support !== null || can(visit.role, 'usage:read')) return null
  const teams = await readTeams(visit)
  if (teams.length === 0) return null
  return (
    <Card flush title="Teams you administer" detail="This month, everybody in them together">
      <ul className="divide-y">
        {teams.map((each) => (
          <TeamItem key={each.team.teamId} orgSlug={visit.organization.slug} {...each} />
        ))}
      </ul>
    </Card>
  )
}
