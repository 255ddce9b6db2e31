'use client'

import { useActionState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { InputField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { createAccount } from './actions.ts'
import { OPEN_SESSION_MESSAGES, openSession } from './open-session.ts'
import { PASSWORD_MIN } from '../../auth/log-in-schema.ts'

/** What was typed comes back after a refusal; the password does not. */
interface SignUpState extends FormState {
  readonly values?: Readonly<Record<string, string>>
}

const text = (form: FormData, name: string) => {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}

interface SignUpFormProps {
  readonly next: string
  /** To begin with; it can be changed. */
  readonly email: string
}

export const SignUpForm = ({ next, email }: SignUpFormProps) => {
  const signUp = async (previous: SignUpState, form: FormData): Promise<SignUpState> => {
    const values = { name: text(form, 'name'), email: text(form, 'email') }
    const created = await createAccount(previous, form)
    if (created.status !== 'done') return { ...created, values }
    const result = await openSession(values.email, text(form, 'password'))
    if (result !== 'opened')
      return { status: 'failed', message: `Your account exists. ${OPEN_SESSION_MESSAGES[result]}`, values }
    window.location.assign(next)
    return { status: 'done', values }
  }
  const [state, submit, isPending] = useActionState<SignUpState, FormData>(signUp, IDLE)

  return (
    <form action={submit} className="space-y-4" noValidate>
      {state.message !== undefined && (
        <Banner tone="danger" isAlert>
          {state.message}
        </Banner>
      )}
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
        error={state.fields?.['email']}
      />
      <InputField
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        required
        minLength={PASSWORD_MIN}
        hint={`At least ${PASSWORD_MIN} characters. A few words in a row work well.`}
        error={state.fields?.['password']}
      />
      <SubmitButton
        pendingLabel="Creating your account…"
        disabled={isPending || state.status === 'done'}
        className="w-full"
      >
        Create account
      </SubmitButton>
    </form>
  )
}
