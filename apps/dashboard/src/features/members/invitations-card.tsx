import type { OpenInvitation } from '@atpar/db/invitations'
import { ROLE_LABELS } from '../../organization/role-labels.ts'
import { ActionForm } from '../../ui/action-form.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { Cell, HeaderCell, Row, Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { resendInvitationAction, revokeInvitationAction } from './actions.ts'

const InvitationRow = ({
  invitation,
  orgSlug,
  nowMs,
}: {
  readonly invitation: OpenInvitation
  readonly orgSlug: string
  readonly nowMs: number
}) => {
  const { invitationId, email } = invitation
  const isExpired = invitation.expiresAtMs <= nowMs
  return (
    <Row>
      <Cell className="max-w-0 w-full sm:max-w-none sm:w-auto">
        <span className="block truncate font-medium">{email}</span>
        <span className="block truncate text-[13px] text-muted">
          {ROLE_LABELS[invitation.role]}
          {invitation.teamName !== null && <> in {invitation.teamName}</>}
          <span className="max-sm:hidden"> · invited by {invitation.invitedByName}</span>
        </span>
      </Cell>
      <Cell className="text-muted max-md:hidden">
        {isExpired ? (
          <Badge tone="warning">Expired</Badge>
        ) : (
          <>
            until <Time atMs={invitation.expiresAtMs} style="hour" />
          </>
        )}
      </Cell>
      <Cell className="text-right">
        <span className="inline-flex items-center gap-1">
          {isExpired && (
            <span className="md:hidden">
              <Badge tone="warning">Expired</Badge>
            </span>
          )}
          <ActionForm action={resendInvitationAction.bind(null, { orgSlug, invitationId })}>
            <SubmitButton
              tone="quiet"
              size="small"
              pendingLabel="Sending…"
              aria-label={`Send the invitation of ${email} again`}
            >
              Resend
            </SubmitButton>
          </ActionForm>
          <ConfirmButton
            label="Revoke"
            spokenLabel={`Revoke the invitation of ${email}`}
            title={`Revoke the invitation of ${email}?`}
            consequence="The link in the mail stops working at once. You can invite the same address again."
            confirmLabel="Revoke invitation"
            pendingLabel="Revoking…"
            keepLabel="Keep it"
            action={revokeInvitationAction.bind(null, { orgSlug, invitationId })}
          />
        </span>
      </Cell>
    </Row>
  )
}

interface InvitationsCardProps {
  readonly orgSlug: string
  readonly invitations: readonly OpenInvitation[]
}

export const InvitationsCard = ({ orgSlug, invitations }: InvitationsCardProps) => {
  const nowMs = Date.now()
  return (
    <Card flush title="Invitations" detail="Sent and not yet accepted.">
      <Table label="Invitations">
        <thead className="sr-only">
          <tr>
            <HeaderCell>Address</HeaderCell>
            <HeaderCell className="max-md:hidden">Until</HeaderCell>
            <HeaderCell>Actions</HeaderCell>
          </tr>
        </thead>
        <tbody>
          {invitations.map((invitation) => (
            <InvitationRow key={invitation.invitationId} invitation={invitation} orgSlug={orgSlug} nowMs={nowMs} />
          ))}
        </tbody>
      </Table>
    </Card>
  )
}
