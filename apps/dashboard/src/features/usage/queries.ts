import { notFound } from 'next/navigation'
import { can, reaches } from '@atpar/core/permissions'
import type { Tx } from '@atpar/db/client'
import { listTeamRoles, listTeams, type Team } from '@atpar/db/teams'
import { readUsageSummary, type UsageGroup } from '@atpar/db/usage'
import { readUsageSteps } from '@atpar/db/usage-chart'
import type { Visit } from '../../auth/guard.ts'
import { readTenant } from '../../tenant-read.ts'
import { resolveRange, type UsageRange } from '../../usage/range.ts'
import { stackByModel, type StackedUsage } from '../../usage/stack.ts'
import { countInput, countOutput } from '../../usage/token-totals.ts'
import type { GroupName, UsageQuery } from './query-string.ts'
import type { UsageRow } from './rows.ts'

export interface UsageView {
  readonly range: UsageRange
  readonly rows: readonly UsageRow[]
  readonly chart: StackedUsage
  /** Teams whose use the reader may look at by itself. */
  readonly teams: readonly Team[]
}

const NAMELESS: Record<GroupName, string> = {
  model: 'Unknown model',
  provider: 'Unknown provider',
  key: 'Deleted key',
  team: 'No team',
  member: 'Service keys',
}

const toRow = (group: UsageGroup, by: GroupName): UsageRow => ({
  id: group.group ?? 'none',
  name: group.name ?? (by === 'model' || by === 'provider' ? group.group : null) ?? NAMELESS[by],
  requests: group.requests,
  failures: group.failures,
  inputTokens: countInput(group.units),
  outputTokens: countOutput(group.units),
  billedPusd: group.billedPusd,
})

const readReachableTeams = async (visit: Visit, tx: Tx): Promise<readonly Team[]> => {
  const teamRoles = await listTeamRoles(tx, visit.orgId, visit.memberId)
  const standing = { role: visit.role, memberId: visit.memberId, teamRoles }
  return (await listTeams(tx, visit.orgId)).filter(({ teamId }) =>
    reaches(standing, 'usage:read', { memberId: null, teamId }),
  )
}

/** A team's use for who may see it (another's answers as one that nobody has), else everyone's, else one's own. */
const narrow = (visit: Visit, query: UsageQuery, teams: readonly Team[]) => {
  const { teamId } = query
  if (teamId !== null) return teams.some((team) => team.teamId === teamId) ? { teamId } : notFound()
  return can(visit.role, 'usage:read') ? {} : { memberId: visit.memberId }
}

/** Table and chart from the same roll-ups in one transaction, so that they agree. A developer sees their own use, a team admin also the team's. */
export const readUsage = (visit: Visit, query: UsageQuery): Promise<UsageView> =>
  readTenant(visit.tenant, async ({ tx, atMs }) => {
    const range = resolveRange(query.range, atMs)
    const teams = await readReachableTeams(visit, tx)
    const who = narrow(visit, query, teams)
    const groups = await readUsageSummary(tx, visit.orgId, {
      fromHour: new Date(range.fromMs),
      toHour: new Date(range.toMs),
      groupBy: query.group,
      ...who,
    })
    const steps = await readUsageSteps(tx, visit.orgId, { ...range, ...who })
    return {
      range,
      teams,
      rows: groups.map((group) => toRow(group, query.group)),
      chart: stackByModel(
        steps.map((step) => ({ stepMs: step.stepMs, modelId: step.modelId, value: step.billedPusd })),
        range,
      ),
    }
  })
