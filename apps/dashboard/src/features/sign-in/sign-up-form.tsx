'use client'

import { useActionState } from 'react'
import { InputField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { signUpAction, type LinkSentState } from './actions.ts'
import { MailSent } from './mail-sent.tsx'

interface SignUpFormProps {
  /** What one comes back to; null for a new organization. */
  readonly next: string | null
  /** To begin with; it can be changed. */
  readonly email: string
}

export const SignUpForm = ({ next, email }: SignUpFormProps) => {
  const [state, submit] = useActionState<LinkSentState, FormData>(signUpAction.bind(null, next), IDLE)
  if (state.email !== undefined)
    return <MailSent email={state.email}>Its link lets you choose a password and start.</MailSent>
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      <InputField
        label="Name"
        name="name"
        autoComplete="name"
        required
        autoFocus
        defaultValue={state.values?.['name']}
        error={state.fields?.['name']}
      />
      <InputField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        required
        defaultValue={state.values?.['email'] ?? email}
        hint="We send a link to it. You choose your password after you opened it."
        error={state.fields?.['email']}
      />
      <SubmitButton pendingLabel="Sending the link…" className="w-full">
        Create account
      </SubmitButton>
    </form>
  )
}
