import { UsersRound } from 'lucide-react'
import Link from 'next/link'
import { can, canGrantRole, ROLES, type ActingRole, type Role } from '@atpar/core/permissions'
import type { MemberView } from '../../acts/members/member-view.ts'
import { requireOrganization } from '../../auth/guard.ts'
import { ROLE_LABELS } from '../../organization/role-labels.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FilterForm } from '../../ui/filter-form.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { InvitationsCard } from './invitations-card.tsx'
import { readMembers } from './queries.ts'

/** The usual choice first: most who join write code. */
const grantableRoles = (role: ActingRole): readonly Role[] => [
  'developer',
  ...ROLES.filter((candidate) => candidate !== 'developer' && canGrantRole(role, candidate)),
]

interface MemberRowProps {
  readonly member: MemberView
  readonly orgSlug: string
  readonly isOneself: boolean
}

const teamNames = (member: MemberView) => member.teams.map((team) => team.name).join(', ')

const MemberRow = ({ member, orgSlug, isOneself }: MemberRowProps) => (
  <Row>
    <Cell className="max-w-0 w-full sm:max-w-none sm:w-auto">
      <span className="flex min-w-0 items-center gap-3">
        <span className="max-sm:hidden">
          <Avatar name={member.name} />
        </span>
        <span className="min-w-0">
          <span className="flex items-center gap-2">
            <Link
              href={`/${orgSlug}/members/${member.memberId}`}
              className="truncate font-medium underline-offset-4 hover:underline"
            >
              {member.name}
            </Link>
            {isOneself && <Badge>You</Badge>}
          </span>
          <span className="block truncate text-[13px] text-muted">{member.email}</span>
        </span>
      </span>
    </Cell>
    <Cell>
      <Badge tone={member.role === 'owner' ? 'good' : 'neutral'}>{ROLE_LABELS[member.role]}</Badge>
    </Cell>
    <Cell className="max-w-52 truncate text-muted max-md:hidden" title={teamNames(member)}>
      {member.teams.length === 0 ? <span className="text-faint">None</span> : teamNames(member)}
    </Cell>
    <Cell numeric>
      {member.spentThisMonthPusd === null ? (
        <span className="text-faint" title="Your role does not show it">
          –
        </span>
      ) : (
        <Money pusd={member.spentThisMonthPusd} detail="overview" />
      )}
    </Cell>
    <Cell className="text-muted max-lg:hidden">
      {member.lastSeenAtMs === null ? 'Never' : <Time atMs={member.lastSeenAtMs} style="hour" />}
    </Cell>
  </Row>
)

const MembersTable = ({
  members,
  orgSlug,
  ownMemberId,
}: {
  readonly members: readonly MemberView[]
  readonly orgSlug: string
  readonly ownMemberId: string
}) => (
  <Table label="Members">
    <thead>
      <tr>
        <HeaderCell>Name</HeaderCell>
        <HeaderCell>Role</HeaderCell>
        <HeaderCell className="max-md:hidden">Teams</HeaderCell>
        <HeaderCell numeric>This month</HeaderCell>
        <HeaderCell className="max-lg:hidden">Last seen</HeaderCell>
      </tr>
    </thead>
    <tbody>
      {members.map((member) => (
        <MemberRow
          key={member.memberId}
          member={member}
          orgSlug={orgSlug}
          isOneself={member.memberId === ownMemberId}
        />
      ))}
    </tbody>
  </Table>
)

interface MembersPageProps {
  readonly params: Promise<{ readonly org: string }>
  readonly searchParams: Promise<{ q?: string | string[]; team?: string | string[] }>
}

const only = (value: string | string[] | undefined): string => (Array.isArray(value) ? value[0] : value) ?? ''

export const MembersPage = async ({ params, searchParams }: MembersPageProps) => {
  const { org } = await params
  const { q, team } = await searchParams
  const visit = await requireOrganization(org)
  const filter = { search: only(q).slice(0, 200), teamId: only(team) }
  const { members, teams, invitations } = await readMembers(visit, filter)
  const isFiltered = filter.search !== '' || filter.teamId !== ''
  const mayInvite = can(visit.role, 'member:invite')
  return (
    <>
      <PageHeader
        title="Members"
        detail="Who belongs here, as what, and what they spend. Leaving means out: access and keys end together."
        action={mayInvite && <InviteDialog orgSlug={org} teams={teams} roles={grantableRoles(visit.role)} />}
      />
      <div className="space-y-4">
        <FilterForm
          searchLabel="Search by name or e-mail"
          search={filter.search}
          choice={{
            label: 'Team',
            name: 'team',
            value: filter.teamId,
            options: [
              { value: '', label: 'All teams' },
              ...teams.map(({ teamId, name }) => ({ value: teamId, label: name })),
            ],
          }}
        />
        <Card flush>
          {members.length === 0 ? (
            <EmptyState icon={<UsersRound />} title="Nobody fits">
              {isFiltered ? 'No member matches this search. ' : ''}
              <Link href={`/${org}/members`} className="text-accent underline-offset-4 hover:underline">
                Show everyone
              </Link>
            </EmptyState>
          ) : (
            <MembersTable members={members} orgSlug={org} ownMemberId={visit.memberId} />
          )}
        </Card>
        {mayInvite && members.length === 1 && invitations.length === 0 && !isFiltered && (
          <p className="px-1 text-sm text-muted">
            You are alone here. Invite the people you work with: each gets own keys, a budget you set, and usage told
            apart.
          </p>
        )}
        {invitations.length > 0 && <InvitationsCard orgSlug={org} invitations={invitations} />}
      </div>
    </>
  )
}
