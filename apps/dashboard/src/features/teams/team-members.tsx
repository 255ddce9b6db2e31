import { UsersRound } from 'lucide-react'
import Link from 'next/link'
import { TEAM_ROLES } from '@atpar/core/permissions'
import type { MemberView } from '../../acts/members/member-view.ts'
import { TEAM_ROLE_LABELS } from '../../organization/role-labels.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Badge } from '../../ui/badge.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Money } from '../../ui/money.tsx'
import { RoleSelect } from '../../ui/role-select.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { setTeamRoleAction } from './actions.ts'
import type { TeamDetail } from './queries.ts'
import { TakeOutButton } from './take-out-button.tsx'

interface TeamMembersProps extends Pick<TeamDetail, 'team' | 'otherTeams'> {
  readonly orgSlug: string
  readonly mayManage: boolean
}

const OPTIONS = TEAM_ROLES.toReversed().map((role) => ({ value: role, label: TEAM_ROLE_LABELS[role] }))

const MemberRow = ({
  member,
  team,
  otherTeams,
  orgSlug,
  mayManage,
}: TeamMembersProps & { readonly member: MemberView }) => {
  const role = member.teams.find(({ teamId }) => teamId === team.teamId)?.role ?? 'developer'
  const place = { orgSlug, teamId: team.teamId, memberId: member.memberId }
  return (
    <Row>
      <Cell className="max-w-0 w-full sm:max-w-none sm:w-auto">
        <span className="flex min-w-0 items-center gap-3">
          <span className="max-sm:hidden">
            <Avatar name={member.name} />
          </span>
          <span className="min-w-0">
            <Link
              href={`/${orgSlug}/members/${member.memberId}`}
              className="block truncate font-medium underline-offset-4 hover:underline"
            >
              {member.name}
            </Link>
            <span className="block truncate text-[13px] text-muted">{member.email}</span>
          </span>
        </span>
      </Cell>
      <Cell>
        {mayManage ? (
          <RoleSelect
            label={`Role of ${member.name} in ${team.name}`}
            name="role"
            value={role}
            options={OPTIONS}
            action={setTeamRoleAction.bind(null, place)}
          />
        ) : (
          role === 'team_admin' && <Badge tone="info">{TEAM_ROLE_LABELS.team_admin}</Badge>
        )}
      </Cell>
      <Cell numeric className="max-sm:hidden">
        {member.spentThisMonthPusd === null ? (
          <span className="text-faint" title="Your role does not show it">
            –
          </span>
        ) : (
          <Money pusd={member.spentThisMonthPusd} detail="overview" />
        )}
      </Cell>
      {mayManage && (
        <Cell className="text-right max-sm:hidden">
          <TakeOutButton {...place} teamName={team.name} member={member} otherTeams={otherTeams} />
        </Cell>
      )}
    </Row>
  )
}

export const TeamMembers = (props: TeamMembersProps) =>
  props.team.members.length === 0 ? (
    <EmptyState icon={<UsersRound />} title="Nobody is in this team yet">
      Add people, and make one of them its admin: they hand out keys and limits inside the team’s budget.
    </EmptyState>
  ) : (
    <Table label={`Members of ${props.team.name}`}>
      <thead>
        <tr>
          <HeaderCell>Member</HeaderCell>
          <HeaderCell>Role</HeaderCell>
          <HeaderCell numeric className="max-sm:hidden">
            This month
          </HeaderCell>
          {props.mayManage && (
            <HeaderCell className="max-sm:hidden">
              <span className="sr-only">Actions</span>
            </HeaderCell>
          )}
        </tr>
      </thead>
      <tbody>
        {props.team.members.map((member) => (
          <MemberRow key={member.memberId} member={member} {...props} />
        ))}
      </tbody>
    </Table>
  )
