'use client'

import { useActionState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { grantAction } from './actions.ts'
import { HOURS } from './hours.ts'

export const GrantForm = ({ orgSlug }: { readonly orgSlug: string }) => {
  const [state, submit] = useActionState(grantAction.bind(null, orgSlug), IDLE)
  return (
    <form action={submit} className="grid gap-4 sm:grid-cols-3" noValidate>
      {state.message !== undefined && (
        <div className="sm:col-span-3">
          <Banner tone="danger" isAlert>
            {state.message}
          </Banner>
        </div>
      )}
      <div className="sm:col-span-2">
        <InputField
          label="Support person’s e-mail"
          name="operatorEmail"
          type="email"
          autoComplete="off"
          required
          hint="They tell you theirs when you ask for help."
          error={state.fields?.['operatorEmail']}
        />
      </div>
      <SelectField label="For" name="hours" defaultValue="4" error={state.fields?.['hours']}>
        {HOURS.map(({ hours, label }) => (
          <option key={hours} value={hours}>
            {label}
          </option>
        ))}
      </SelectField>
      <div className="sm:col-span-3">
        <InputField
          label="What for"
          name="reason"
          required
          maxLength={500}
          placeholder="Requests of the billing team fail since Monday"
          error={state.fields?.['reason']}
        />
      </div>
      <div className="flex justify-end sm:col-span-3">
        <SubmitButton pendingLabel="Granting…">Let them look</SubmitButton>
      </div>
    </form>
  )
}
