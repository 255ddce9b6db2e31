import { GuardedConfirmButton } from '../../reauth/guarded-confirm-button.tsx'
import { revokeManagementKeyAction } from './actions.ts'

interface RevokeProps {
  readonly orgSlug: string
  readonly managementKeyId: string
  readonly name: string
  readonly shown: string
}

export const RevokeManagementKeyDialog = ({ orgSlug, managementKeyId, name, shown }: RevokeProps) => (
  <GuardedConfirmButton
    label="Revoke"
    spokenLabel={`Revoke ${name}`}
    title={`Revoke “${name}”?`}
    consequence={
      <>
        The next call with <code className="font-mono text-[13px] text-ink">{shown}</code> is refused with{' '}
        <code className="font-mono text-[13px] text-ink">403 key_disabled</code>. What it has done stays done. This
        cannot be undone.
      </>
    }
    confirmLabel="Revoke key"
    pendingLabel="Revoking…"
    keepLabel="Keep it"
    action={revokeManagementKeyAction.bind(null, { orgSlug, managementKeyId })}
  />
)
