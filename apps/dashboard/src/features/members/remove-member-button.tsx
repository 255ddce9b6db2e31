import type { MemberView } from '../../acts/members/member-view.ts'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { removeMemberAction } from './actions.ts'

const keysThatStop = (count: number | null): string => {
  if (count === 0) return 'They have no active key.'
  const keys =
    count === null ? 'Their keys are' : count === 1 ? 'Their active key is' : `Their ${count} active keys are`
  return `${keys} refused within five seconds. Requests that already run finish.`
}

/** Names what stops, and what does not, before it does. */
export const RemoveMemberButton = ({ orgSlug, member }: { readonly orgSlug: string; readonly member: MemberView }) => (
  <ConfirmButton
    label="Remove"
    spokenLabel={`Remove ${member.name}`}
    tone="quiet"
    size="medium"
    title={`Remove ${member.name}?`}
    consequence={
      <ul className="list-disc space-y-1 pl-4">
        <li>{keysThatStop(member.activeKeys)}</li>
        <li>They see nothing of this organization from their next click on.</li>
        <li>Open invitations they sent are withdrawn.</li>
        <li>Service keys of their teams go on; their usage stays on record and on the invoice.</li>
      </ul>
    }
    confirmLabel="Remove member"
    pendingLabel="Removing…"
    keepLabel="Keep"
    action={removeMemberAction.bind(null, { orgSlug, memberId: member.memberId })}
  />
)
