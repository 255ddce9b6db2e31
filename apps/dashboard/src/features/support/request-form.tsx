'use client'

import { useActionState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { requestAction } from './actions.ts'
import { HOURS } from './hours.ts'

export const RequestForm = () => {
  const [state, submit] = useActionState(requestAction, IDLE)
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
          label="Organization’s address"
          name="slug"
          prefix="/"
          autoCapitalize="none"
          autoComplete="off"
          required
          error={state.fields?.['slug']}
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
        <InputField label="What for" name="reason" required maxLength={500} error={state.fields?.['reason']} />
      </div>
      <div className="flex justify-end sm:col-span-3">
        <SubmitButton pendingLabel="Asking…">Ask for access</SubmitButton>
      </div>
    </form>
  )
}
