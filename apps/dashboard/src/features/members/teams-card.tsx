import Link from 'next/link'
import { TEAM_ROLES } from '@atpar/core/permissions'
import type { Team } from '@atpar/db/teams'
import type { MemberView } from '../../acts/members/member-view.ts'
import { TEAM_ROLE_LABELS } from '../../organization/role-labels.ts'
import { ActionForm } from '../../ui/action-form.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { removeFromTeamAction, setTeamRoleAction } from './actions.ts'

interface TeamsCardProps {
  readonly orgSlug: string
  readonly member: MemberView
  readonly teams: readonly Team[]
  readonly mayManage: boolean
}

const SELECT = 'h-8 min-w-0 rounded-lg border border-line-strong bg-surface px-2 text-[13px]'

const AddToTeam = ({ orgSlug, member, teams }: Omit<TeamsCardProps, 'mayManage'>) => {
  const others = teams.filter((team) => !member.teams.some(({ teamId }) => teamId === team.teamId))
  if (others.length === 0) return null
  return (
    <ActionForm
      action={setTeamRoleAction.bind(null, { orgSlug, memberId: member.memberId })}
      className="flex flex-wrap items-center gap-2 border-t px-5 py-3"
    >
      <select name="teamId" aria-label="Team to add" className={`${SELECT} flex-1`}>
        {others.map((team) => (
          <option key={team.teamId} value={team.teamId}>
            {team.name}
          </option>
        ))}
      </select>
      <select name="role" aria-label="Role in that team" defaultValue="developer" className={SELECT}>
        {TEAM_ROLES.toReversed().map((role) => (
          <option key={role} value={role}>
            {TEAM_ROLE_LABELS[role]}
          </option>
        ))}
      </select>
      <SubmitButton tone="secondary" size="small" pendingLabel="Adding…">
        Add to team
      </SubmitButton>
    </ActionForm>
  )
}

/** Where a member belongs, and as what. */
export const TeamsCard = ({ orgSlug, member, teams, mayManage }: TeamsCardProps) => (
  <Card flush title="Teams" detail="A team’s budget holds over its members’ own.">
    <ul className="divide-y">
      {member.teams.length === 0 && <li className="px-5 py-4 text-sm text-muted">In no team.</li>}
      {member.teams.map((team) => (
        <li key={team.teamId} className="flex items-center justify-between gap-3 px-5 py-2.5">
          <Link
            href={`/${orgSlug}/teams/${team.teamId}`}
            className="min-w-0 truncate font-medium underline-offset-4 hover:underline"
          >
            {team.name}
          </Link>
          <span className="flex items-center gap-1">
            {team.role === 'team_admin' && <Badge tone="info">{TEAM_ROLE_LABELS.team_admin}</Badge>}
            {mayManage && (
              <ConfirmButton
                label="Take out"
                spokenLabel={`Take out ${member.name} from ${team.name}`}
                title={`Take ${member.name} out of ${team.name}?`}
                consequence="Their keys that name this team stop within five seconds. They stay a member of the organization, with their other teams and keys."
                confirmLabel="Take out"
                pendingLabel="Taking out…"
                action={removeFromTeamAction.bind(null, { orgSlug, memberId: member.memberId, teamId: team.teamId })}
              />
            )}
          </span>
        </li>
      ))}
    </ul>
    {mayManage && <AddToTeam orgSlug={orgSlug} member={member} teams={teams} />}
  </Card>
)
