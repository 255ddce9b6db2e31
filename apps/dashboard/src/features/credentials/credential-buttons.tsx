'use client'

import { GuardedConfirmButton } from '../../reauth/guarded-confirm-button.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { TestButton } from '../../ui/test-button.tsx'
import {
  deleteCredentialAction,
  editCredentialAction,
  replaceCredentialAction,
  switchCredentialAction,
  testCredentialAction,
} from './actions.ts'
import { BaseUrlField, LabelField, PreferenceField, SecretFields } from './credential-fields.tsx'
import { FormDialog } from '../../reauth/form-dialog.tsx'
import type { CredentialForm } from './queries.ts'

interface CredentialButtonsProps {
  readonly orgSlug: string
  readonly credentialId: string
  readonly label: string
  readonly providerName: string
  readonly preference: 'prefer' | 'only'
  readonly status: 'active' | 'disabled' | 'refused'
  /** Null where the provider's address is known. */
  readonly baseUrl: string | null
  readonly form: CredentialForm
  /** No other credential of this provider would serve without this one. */
  readonly isLast: boolean
}

const afterwards = ({ isLast, providerName }: CredentialButtonsProps): string =>
  isLast
    ? `Within seconds, calls to ${providerName} go over Atpar’s account: they cost list price, draw on your budgets and appear on your invoice.`
    : `Within seconds, calls to ${providerName} go over your other credential there.`

const SwitchButton = (props: CredentialButtonsProps) => {
  const { orgSlug, credentialId, label, status } = props
  const enabled = status === 'disabled'
  return (
    <ConfirmButton
      label={enabled ? 'Switch on' : 'Switch off'}
      spokenLabel={`${enabled ? 'Switch on' : 'Switch off'} ${label}`}
      title={enabled ? `Switch “${label}” on?` : `Switch “${label}” off?`}
      consequence={
        enabled
          ? `Within seconds, calls to ${props.providerName} run on your own account there again.`
          : `${afterwards(props)} The key stays sealed, and can be switched on again.`
      }
      confirmLabel={enabled ? 'Switch on' : 'Switch off'}
      pendingLabel="Switching…"
      action={switchCredentialAction.bind(null, { orgSlug, credentialId, enabled })}
    />
  )
}

export const CredentialButtons = (props: CredentialButtonsProps) => {
  const { orgSlug, credentialId, label, providerName, preference, baseUrl } = props
  const address = { orgSlug, credentialId }
  return (
    <div className="-mx-3 flex flex-wrap items-center">
      <TestButton label={label} action={testCredentialAction.bind(null, address)} />
      <FormDialog
        label="Edit"
        spokenLabel={`Edit ${label}`}
        title={`Edit “${label}”`}
        description="The key itself stays as it is."
        submitLabel="Save"
        pendingLabel="Saving…"
        action={editCredentialAction.bind(null, address)}
      >
        {(fields) => (
          <>
            <LabelField fields={fields} value={label} />
            <PreferenceField value={preference} />
          </>
        )}
      </FormDialog>
      <FormDialog
        label="Replace key"
        spokenLabel={`Replace the key of ${label}`}
        title={`Replace the key of “${label}”`}
        description={`Calls to ${providerName} use the new key within seconds; the old one is gone from here for good. Calls that already run finish on the old one, so revoke it at the provider afterwards.`}
        submitLabel="Replace key"
        pendingLabel="Sealing…"
        action={replaceCredentialAction.bind(null, address)}
      >
        {(fields) => (
          <>
            {baseUrl !== null && <BaseUrlField fields={fields} value={baseUrl} example={props.form.baseUrlExample} />}
            <SecretFields form={props.form} fields={fields} />
          </>
        )}
      </FormDialog>
      <SwitchButton {...props} />
      <GuardedConfirmButton
        label="Delete"
        spokenLabel={`Delete ${label}`}
        title={`Delete “${label}”?`}
        consequence={`${afterwards(props)} The sealed key is destroyed and cannot be brought back; what went over it stays on record. The key itself stays valid until you revoke it at the provider.`}
        confirmLabel="Delete credential"
        pendingLabel="Deleting…"
        keepLabel="Keep it"
        action={deleteCredentialAction.bind(null, address)}
      />
    </div>
  )
}
