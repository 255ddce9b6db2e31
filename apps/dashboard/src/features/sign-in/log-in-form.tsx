'use client'

import { useActionState } from 'react'
import { InputField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { fieldErrors } from '../../form-errors.ts'
import { OPEN_SESSION_MESSAGES, openSession } from './open-session.ts'
import { logInSchema } from '../../auth/log-in-schema.ts'

export const LogInForm = ({ next }: { readonly next: string }) => {
  const logIn = async (_previous: FormState, form: FormData): Promise<FormState> => {
    const parsed = logInSchema.safeParse(Object.fromEntries(form))
    if (!parsed.success) return { status: 'failed', fields: fieldErrors(parsed.error) }
    const result = await openSession(parsed.data.email, parsed.data.password)
    if (result !== 'opened') return { status: 'failed', message: OPEN_SESSION_MESSAGES[result] }
    // A whole load and no client navigation: nothing rendered for the stranger before survives in the router's cache.
    window.location.assign(next)
    return { status: 'done' }
  }
  const [state, submit, isPending] = useActionState(logIn, IDLE)

  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      <InputField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        required
        autoFocus
        error={state.fields?.['email']}
      />
      <InputField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        error={state.fields?.['password']}
      />
      <SubmitButton pendingLabel="Logging in…" disabled={isPending || state.status === 'done'} className="w-full">
        Log in
      </SubmitButton>
    </form>
  )
}
