import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { revokeKeyAction } from './actions.ts'

interface RevokeKeyDialogProps {
  readonly orgSlug: string
  readonly keyId: string
  readonly name: string
  readonly shown: string
}

export const RevokeKeyDialog = ({ orgSlug, keyId, name, shown }: RevokeKeyDialogProps) => (
  <ConfirmButton
    label="Revoke"
    spokenLabel={`Revoke ${name}`}
    tone="quiet"
    size="medium"
    title={`Revoke “${name}”?`}
    consequence={
      <>
        Every program that uses <code className="font-mono text-[13px] text-ink">{shown}</code> is refused with{' '}
        <code className="font-mono text-[13px] text-ink">403 key_disabled</code> within seconds. Requests that already
        run finish. This cannot be undone; its usage stays on record.
      </>
    }
    confirmLabel="Revoke key"
    pendingLabel="Revoking…"
    keepLabel="Keep it"
    action={revokeKeyAction.bind(null, { orgSlug, keyId })}
  />
)
