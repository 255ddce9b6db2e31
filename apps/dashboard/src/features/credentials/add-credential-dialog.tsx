'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { SelectField } from '../../ui/field.tsx'
import { addCredentialAction } from './actions.ts'
import { BaseUrlField, LabelField, PreferenceField, SecretFields } from './credential-fields.tsx'
import { FormDialog } from '../../reauth/form-dialog.tsx'
import type { ProviderChoice } from './queries.ts'

interface AddCredentialDialogProps {
  readonly orgSlug: string
  readonly choices: readonly ProviderChoice[]
}

export const AddCredentialDialog = ({ orgSlug, choices }: AddCredentialDialogProps) => {
  const [providerId, setProviderId] = useState(choices[0]?.providerId ?? '')
  const form = choices.find((choice) => choice.providerId === providerId)?.form
  return (
    <FormDialog
      label={
        <>
          <Plus aria-hidden /> Add credential
        </>
      }
      tone="primary"
      size="medium"
      title="Add a provider credential"
      description="Calls to this provider’s models run on your own account there from the next few seconds on. The provider bills you; Atpar bills nothing for them."
      submitLabel="Add credential"
      pendingLabel="Sealing…"
      action={addCredentialAction.bind(null, orgSlug)}
    >
      {(fields) => (
        <>
          <SelectField
            label="Provider"
            name="providerId"
            value={providerId}
            onChange={(event) => setProviderId(event.target.value)}
            error={fields?.['providerId']}
          >
            {choices.map((choice) => (
              <option key={choice.providerId} value={choice.providerId}>
                {choice.name}
              </option>
            ))}
          </SelectField>
          <LabelField fields={fields} />
          {form?.needsBaseUrl === true && <BaseUrlField fields={fields} example={form.baseUrlExample} />}
          {form !== undefined && <SecretFields key={providerId} form={form} fields={fields} />}
          <PreferenceField />
        </>
      )}
    </FormDialog>
  )
}
