'use client'

import { useActionState } from 'react'
import { InputField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { PASSWORD_MIN } from '../../auth/log-in-schema.ts'
import { confirmSignUpAction, resetPasswordAction, useMagicLinkAction, verifyEmailAction } from './link-actions.ts'

type LinkAction = (token: string, previous: FormState, form: FormData) => Promise<FormState>

interface LinkFormProps {
  readonly token: string
  readonly action: LinkAction
  readonly submitLabel: string
  readonly pendingLabel: string
  /** Whose new password it asks for; no password when left out. */
  readonly passwordOf?: string
}

/** The address goes with it, for password managers to file the password under. */
const NewPasswordField = ({ email, error }: { readonly email: string; readonly error: string | undefined }) => (
  <>
    <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
    <InputField
      label="Password"
      name="password"
      type="password"
      autoComplete="new-password"
      required
      autoFocus
      minLength={PASSWORD_MIN}
      hint={`At least ${PASSWORD_MIN} characters. A few words in a row work well.`}
      error={error}
    />
  </>
)

/** The button behind a mail's link: opening the link does nothing, pressing this does. */
const LinkForm = ({ token, action, submitLabel, pendingLabel, passwordOf }: LinkFormProps) => {
  const [state, submit] = useActionState<FormState, FormData>(action.bind(null, token), IDLE)
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      {passwordOf !== undefined && <NewPasswordField email={passwordOf} error={state.fields?.['password']} />}
      <SubmitButton pendingLabel={pendingLabel} className="w-full">
        {submitLabel}
      </SubmitButton>
    </form>
  )
}

interface OfAddress {
  readonly token: string
  readonly email: string
}

export const ConfirmSignUpForm = ({ token, email }: OfAddress) => (
  <LinkForm
    token={token}
    action={confirmSignUpAction}
    submitLabel="Confirm and start"
    pendingLabel="Creating your account…"
    passwordOf={email}
  />
)

export const ResetPasswordForm = ({ token, email }: OfAddress) => (
  <LinkForm
    token={token}
    action={resetPasswordAction}
    submitLabel="Set password"
    pendingLabel="Setting it…"
    passwordOf={email}
  />
)

export const UseMagicLinkForm = ({ token }: { readonly token: string }) => (
  <LinkForm token={token} action={useMagicLinkAction} submitLabel="Log in" pendingLabel="Logging in…" />
)

export const VerifyEmailForm = ({ token }: { readonly token: string }) => (
  <LinkForm token={token} action={verifyEmailAction} submitLabel="Confirm address" pendingLabel="Confirming…" />
)
