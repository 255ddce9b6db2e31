import type { MemberView } from '../../acts/members/member-view.ts'
import { Card } from '../../ui/card.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { SelectField } from '../../ui/field.tsx'
import { leaveOrganizationAction, transferOwnershipAction } from './actions.ts'

interface MembershipCardProps {
  readonly orgSlug: string
  readonly organization: string
  /** Set for owners: who could become one in their place. */
  readonly heirs: readonly MemberView[] | null
}

const Line = ({ text, action }: { readonly text: string; readonly action: React.ReactNode }) => (
  <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-5 py-3.5">
    <p className="min-w-0 flex-1 basis-64 text-sm text-muted">{text}</p>
    {action}
  </div>
)

const TransferButton = ({ orgSlug, heirs }: { readonly orgSlug: string; readonly heirs: readonly MemberView[] }) => (
  <ConfirmButton
    label="Transfer ownership"
    tone="secondary"
    title="Transfer ownership?"
    consequence="They become an owner at once, you become an admin, and only an owner can give it back. Keys, budgets and invoices stay as they are."
    confirmLabel="Transfer ownership"
    pendingLabel="Transferring…"
    keepLabel="Keep it"
    action={transferOwnershipAction.bind(null, orgSlug)}
  >
    <SelectField label="New owner" name="memberId">
      {heirs.map((heir) => (
        <option key={heir.memberId} value={heir.memberId}>
          {heir.name} ({heir.email})
        </option>
      ))}
    </SelectField>
  </ConfirmButton>
)

/** The ways out: handing the organization on, and leaving it. */
export const MembershipCard = ({ orgSlug, organization, heirs }: MembershipCardProps) => (
  <Card flush title="Your membership">
    <div className="divide-y">
      {heirs !== null && (
        <Line
          text={
            heirs.length === 0
              ? 'Ownership can be handed to another member. There is none yet: invite someone first.'
              : 'Hand the organization to another member. You stay in it as an admin.'
          }
          action={heirs.length > 0 && <TransferButton orgSlug={orgSlug} heirs={heirs} />}
        />
      )}
      <Line
        text="Leaving stops your keys and your access. The only owner cannot leave."
        action={
          <ConfirmButton
            label="Leave"
            spokenLabel={`Leave ${organization}`}
            tone="secondary"
            title={`Leave ${organization}?`}
            consequence="Your keys are refused within five seconds, open invitations you sent are withdrawn, and you see nothing here any more. Your usage stays on record. Coming back takes a new invitation."
            confirmLabel="Leave"
            pendingLabel="Leaving…"
            keepLabel="Stay"
            action={leaveOrganizationAction.bind(null, orgSlug)}
          />
        }
      />
    </div>
  </Card>
)
