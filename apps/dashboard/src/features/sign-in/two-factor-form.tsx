'use client'

import { useActionState } from 'react'
import { InputField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { cancelLogInAction, showSecondFactorAction } from './actions.ts'

export const TwoFactorForm = ({ next }: { readonly next: string }) => {
  const [state, submit] = useActionState<FormState, FormData>(showSecondFactorAction.bind(null, next), IDLE)
  const [, cancel] = useActionState<FormState, FormData>(cancelLogInAction, IDLE)
  return (
    <>
      <form action={submit} className="space-y-4" noValidate>
        <Problem message={state.message} />
        <InputField
          label="Code"
          name="code"
          autoComplete="one-time-code"
          inputMode="text"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          hint="Six digits from your authenticator app, or one of your recovery codes."
          error={state.fields?.['code']}
        />
        <SubmitButton pendingLabel="Checking…" className="w-full">
          Log in
        </SubmitButton>
      </form>
      <form action={cancel} className="mt-3">
        <SubmitButton tone="quiet" size="small" pendingLabel="Going back…" className="w-full">
          Log in as someone else
        </SubmitButton>
      </form>
    </>
  )
}
