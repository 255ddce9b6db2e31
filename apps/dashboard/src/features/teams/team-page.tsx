import { can } from '@atpar/core/permissions'
import { orNotFound } from '../../auth/or-not-found.ts'
import { requireOrganization } from '../../auth/guard.ts'
import { LimitsPanel } from '../../limits/limits-panel.tsx'
import { KeyList } from '../../organization/key-list.tsx'
import { BackLink } from '../../ui/back-link.tsx'
import { Card, Stat } from '../../ui/card.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { archiveTeamAction, renameTeamAction } from './actions.ts'
import { AddMembersDialog } from './add-members-dialog.tsx'
import { NameDialog } from './name-dialog.tsx'
import { readTeam, type TeamDetail } from './queries.ts'
import { TeamMembers } from './team-members.tsx'

interface ManageProps extends Pick<TeamDetail, 'team' | 'outsiders'> {
  readonly orgSlug: string
}

const keysThatStop = (count: number | null): string => {
  if (count === 0) return 'No active key names this team.'
  const keys =
    count === null
      ? 'Every key that names it is'
      : count === 1
        ? 'The one key that names it is'
        : `The ${count} keys that name it are`
  return `${keys} refused within five seconds.`
}

const Manage = ({ orgSlug, team, outsiders }: ManageProps) => (
  <div className="flex flex-wrap gap-2">
    <ConfirmButton
      label="Archive"
      tone="quiet"
      size="medium"
      title={`Archive ${team.name}?`}
      consequence={
        <ul className="list-disc space-y-1 pl-4">
          <li>{keysThatStop(team.activeKeys)}</li>
          <li>Its members stay in the organization; keys of theirs that name no team go on.</li>
          <li>Its usage stays on record and on the invoice. This cannot be undone.</li>
        </ul>
      }
      confirmLabel="Archive team"
      pendingLabel="Archiving…"
      keepLabel="Keep it"
      action={archiveTeamAction.bind(null, { orgSlug, teamId: team.teamId })}
    />
    <NameDialog
      label="Rename"
      tone="secondary"
      title={`Rename ${team.name}`}
      name={team.name}
      submitLabel="Rename"
      pendingLabel="Renaming…"
      action={renameTeamAction.bind(null, { orgSlug, teamId: team.teamId })}
    />
    <AddMembersDialog
      orgSlug={orgSlug}
      teamId={team.teamId}
      teamName={team.name}
      people={outsiders.map(({ memberId, name, email }) => ({ memberId, name, email }))}
    />
  </div>
)

const Stats = ({ team }: Pick<TeamDetail, 'team'>) => (
  <div className="grid grid-cols-2 gap-4 lg:grid-cols-3 max-lg:[&>*:last-child:nth-child(odd)]:col-span-2">
    {team.spentThisMonthPusd !== null && (
      <Stat label="Spent this month" value={<Money pusd={team.spentThisMonthPusd} detail="overview" />} />
    )}
    {team.activeKeys !== null && <Stat label="Active keys" value={team.activeKeys} />}
    <Stat label="Members" value={team.memberCount} />
  </div>
)

interface TeamPageProps {
  readonly params: Promise<{ readonly org: string; readonly id: string }>
}

export const TeamPage = async ({ params }: TeamPageProps) => {
  const { org, id } = await params
  const visit = await requireOrganization(org)
  const { team, otherTeams, outsiders, keys } = await orNotFound(readTeam(visit, id))
  const mayManage = can(visit.role, 'team:manage')
  return (
    <>
      <BackLink href={`/${org}/teams`}>Teams</BackLink>
      <PageHeader
        title={team.name}
        detail="Team"
        action={mayManage && <Manage orgSlug={org} team={team} outsiders={outsiders} />}
      />
      <div className="space-y-4">
        <Stats team={team} />
        <LimitsPanel visit={visit} level={{ scope: 'team', scopeId: team.teamId }} />
        <Card flush title="Members">
          <TeamMembers team={team} otherTeams={otherTeams} orgSlug={org} mayManage={mayManage} />
        </Card>
        {(team.activeKeys !== null || keys.length > 0) && (
          <Card flush title="Keys" detail="Service keys of the team, and members’ keys that count against it by name.">
            {keys.length === 0 ? (
              <p className="px-5 py-4 text-sm text-muted">No key names this team.</p>
            ) : (
              <KeyList label={`Keys of ${team.name}`} orgSlug={org} keys={keys} hasOwners />
            )}
          </Card>
        )}
      </div>
    </>
  )
}
