'use client'

import { useActionState } from 'react'
import { InputField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { createOrganizationAction } from './actions.ts'

export const NewOrganizationForm = () => {
  const [state, submit] = useActionState(createOrganizationAction, IDLE)
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      <InputField
        label="Organization"
        name="name"
        required
        autoFocus
        maxLength={120}
        autoComplete="organization"
        placeholder="Acme Inc."
        hint="Keys, budgets and the monthly invoice belong to it. You become its owner."
        error={state.fields?.['name']}
      />
      <SubmitButton pendingLabel="Creating…" className="w-full">
        Create organization
      </SubmitButton>
    </form>
  )
}
