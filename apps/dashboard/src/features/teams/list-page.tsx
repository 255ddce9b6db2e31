import { Plus, Waypoints } from 'lucide-react'
import Link from 'next/link'
import { can } from '@atpar/core/permissions'
import { listTeamsAct } from '../../acts/teams/list-teams.ts'
import type { TeamView } from '../../acts/teams/team-view.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { createTeamAction } from './actions.ts'
import { NameDialog } from './name-dialog.tsx'

const HIDDEN = (
  <span className="text-faint" title="Your role does not show it">
    –
  </span>
)

const TeamRow = ({ team, orgSlug }: { readonly team: TeamView; readonly orgSlug: string }) => (
  <Row>
    <Cell className="max-w-0 w-full truncate">
      <Link href={`/${orgSlug}/teams/${team.teamId}`} className="font-medium underline-offset-4 hover:underline">
        {team.name}
      </Link>
    </Cell>
    <Cell numeric>{team.memberCount}</Cell>
    <Cell numeric className="max-sm:hidden">
      {team.activeKeys ?? HIDDEN}
    </Cell>
    <Cell numeric>
      {team.spentThisMonthPusd === null ? HIDDEN : <Money pusd={team.spentThisMonthPusd} detail="overview" />}
    </Cell>
  </Row>
)

export const TeamsPage = async ({ params }: { readonly params: Promise<{ readonly org: string }> }) => {
  const { org } = await params
  const visit = await requireOrganization(org)
  const teams = await listTeamsAct(await actAs(visit), {})
  const create = can(visit.role, 'team:manage') && (
    <NameDialog
      label={
        <>
          <Plus aria-hidden /> Create team
        </>
      }
      title="Create a team"
      submitLabel="Create team"
      pendingLabel="Creating…"
      action={createTeamAction.bind(null, org)}
    />
  )
  return (
    <>
      <PageHeader
        title="Teams"
        detail="A team has a budget, an admin who hands out keys, and numbers of its own."
        action={create}
      />
      <Card flush>
        {teams.length === 0 ? (
          <EmptyState icon={<Waypoints />} title="No teams yet">
            Put people who share a budget into a team. Its admin gives them keys and limits inside it, and sees nobody
            else’s numbers.
          </EmptyState>
        ) : (
          <Table label="Teams">
            <thead>
              <tr>
                <HeaderCell>Team</HeaderCell>
                <HeaderCell numeric>Members</HeaderCell>
                <HeaderCell numeric className="max-sm:hidden">
                  Active keys
                </HeaderCell>
                <HeaderCell numeric>This month</HeaderCell>
              </tr>
            </thead>
            <tbody>
              {teams.map((team) => (
                <TeamRow key={team.teamId} team={team} orgSlug={org} />
              ))}
            </tbody>
          </Table>
        )}
      </Card>
    </>
  )
}
