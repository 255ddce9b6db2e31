import { mayChangeRole, ROLES, type ActingRole } from '@atpar/core/permissions'
import type { MemberView } from '../../acts/members/member-view.ts'
import { ROLE_HINTS, ROLE_LABELS } from '../../organization/role-labels.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { RoleSelect } from '../../ui/role-select.tsx'
import { changeRoleAction } from './actions.ts'

interface RoleCardProps {
  readonly orgSlug: string
  readonly member: MemberView
  readonly reader: { readonly role: ActingRole; readonly memberId: string; readonly mayUpdate: boolean }
}

/** The role with what it is for, and a choice of those the reader may give. */
export const RoleCard = ({ orgSlug, member, reader }: RoleCardProps) => {
  const isOneself = member.memberId === reader.memberId
  const choices = reader.mayUpdate
    ? ROLES.filter((to) => mayChangeRole({ by: reader.role, isOneself, from: member.role, to }))
    : []
  return (
    <Card title="Role">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-sm text-muted">{ROLE_HINTS[member.role]}</p>
        {choices.length > 1 ? (
          <RoleSelect
            label={`Role of ${member.name}`}
            name="role"
            value={member.role}
            options={choices.map((role) => ({ value: role, label: ROLE_LABELS[role] }))}
            action={changeRoleAction.bind(null, { orgSlug, memberId: member.memberId })}
          />
        ) : (
          <Badge>{ROLE_LABELS[member.role]}</Badge>
        )}
      </div>
      {isOneself && choices.length > 1 && (
        <p className="mt-2 text-[13px] text-muted">You can step down; raising you again takes someone else.</p>
      )}
    </Card>
  )
}
