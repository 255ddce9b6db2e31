'use client'

import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { InputField } from '../../ui/field.tsx'
import { grantCreditAction } from './actions.ts'

export const GrantCreditButton = ({
  orgId,
  orgName,
  granted,
}: {
  readonly orgId: string
  readonly orgName: string
  /** Dollars; empty for none. */
  readonly granted: string
}) => (
  <ConfirmButton
    label={granted === '' ? 'Grant credit' : 'Change grant'}
    spokenLabel={`Grant credit to ${orgName}`}
    tone="secondary"
    title={`Grant credit to ${orgName}?`}
    consequence="It may then owe up to this amount before calls stop, whatever it has paid so far. What it would have without the grant stays the least it has. Its members read your name for it, the amount and the reason in their audit log."
    confirmLabel="Grant it"
    pendingLabel="Granting…"
    action={grantCreditAction.bind(null, orgId)}
  >
    <InputField
      label="Credit line in dollars"
      hint="Empty takes the grant away."
      name="amount"
      inputMode="decimal"
      optional
      defaultValue={granted}
      autoComplete="off"
    />
    <InputField label="Why" name="reason" required maxLength={500} autoComplete="off" />
  </ConfirmButton>
)
