import { can, canGrantRole } from '@atpar/core/permissions'
import { orNotFound } from '../../auth/or-not-found.ts'
import { requireOrganization } from '../../auth/guard.ts'
import { LimitsPanel } from '../../limits/limits-panel.tsx'
import { KeyList } from '../../organization/key-list.tsx'
import { BackLink } from '../../ui/back-link.tsx'
import { Card, Stat } from '../../ui/card.tsx'
import { Money } from '../../ui/money.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import { readMember, type MemberDetail } from './queries.ts'
import { RemoveMemberButton } from './remove-member-button.tsx'
import { RoleCard } from './role-card.tsx'
import { TeamsCard } from './teams-card.tsx'

const Stats = ({ member }: Pick<MemberDetail, 'member'>) => (
  <div className="grid grid-cols-2 gap-4 lg:grid-cols-4">
    {member.spentThisMonthPusd !== null && (
      <Stat label="Spent this month" value={<Money pusd={member.spentThisMonthPusd} detail="overview" />} />
    )}
    {member.activeKeys !== null && <Stat label="Active keys" value={member.activeKeys} />}
    <Stat
      label="Last seen"
      value={member.lastSeenAtMs === null ? 'Never' : <Time atMs={member.lastSeenAtMs} style="day" />}
    />
    <Stat label="Member since" value={<Time atMs={member.joinedAtMs} style="day" />} />
  </div>
)

interface MemberPageProps {
  readonly params: Promise<{ readonly org: string; readonly id: string }>
}

export const MemberPage = async ({ params }: MemberPageProps) => {
  const { org, id } = await params
  const visit = await requireOrganization(org)
  const { member, teams, keys } = await orNotFound(readMember(visit, id))
  const isOneself = member.memberId === visit.memberId
  const mayRemove = can(visit.role, 'member:remove') && canGrantRole(visit.role, member.role) && !isOneself
  return (
    <>
      <BackLink href={`/${org}/members`}>Members</BackLink>
      <PageHeader
        title={isOneself ? `${member.name} (you)` : member.name}
        detail={member.email}
        action={mayRemove && <RemoveMemberButton orgSlug={org} member={member} />}
      />
      <div className="space-y-4">
        <Stats member={member} />
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <RoleCard
            orgSlug={org}
            member={member}
            reader={{ role: visit.role, memberId: visit.memberId, mayUpdate: can(visit.role, 'member:update') }}
          />
          <TeamsCard orgSlug={org} member={member} teams={teams} mayManage={can(visit.role, 'team:manage')} />
        </div>
        <LimitsPanel visit={visit} level={{ scope: 'member', scopeId: member.memberId }} />
        {member.activeKeys !== null && (
          <Card flush title="Keys">
            {keys.length === 0 ? (
              <p className="px-5 py-4 text-sm text-muted">No keys.</p>
            ) : (
              <KeyList label={`Keys of ${member.name}`} orgSlug={org} keys={keys} />
            )}
          </Card>
        )}
      </div>
    </>
  )
}
