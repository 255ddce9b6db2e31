import { Card } from '../../ui/card.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { leaveOrganizationAction } from './actions.ts'
import { TransferButton } from './transfer-button.tsx'

interface MembershipCardProps {
  readonly orgSlug: string
  readonly organization: string
  /** Set for owners: who could become one in their place. */
  readonly heirs: readonly { readonly memberId: string; readonly name: string; readonly email: string }[] | null
}

const Line = ({ text, action }: { readonly text: string; readonly action: React.ReactNode }) => (
  <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-5 py-3.5">
    <p className="min-w-0 flex-1 basis-64 text-sm text-muted">{text}</p>
    {action}
  </div>
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
