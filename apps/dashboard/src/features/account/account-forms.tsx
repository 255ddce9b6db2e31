'use client'

import { signIn } from 'next-auth/react'
import { useActionState, useState } from 'react'
import { PASSWORD_MIN } from '../../auth/log-in-schema.ts'
import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import {
  changePasswordAction,
  confirmBeforeLinkingAction,
  revokeOtherSessionsAction,
  sendVerificationAction,
  unlinkIdentityAction,
} from './actions.ts'

export const ChangePassword = ({ hasPassword }: { readonly hasPassword: boolean }) => {
  const [isOpen, setIsOpen] = useState(false)
  const { state, submit, dialog } = useGuardedAction<FormState>(changePasswordAction, IDLE)
  const isDone = state.status === 'done'
  return (
    <>
      <div className="flex items-center gap-3">
        {isDone && (
          <span role="status" className="text-[13px] text-accent">
            Saved
          </span>
        )}
        <Button tone="secondary" size="small" onClick={() => setIsOpen(true)}>
          {hasPassword ? 'Change' : 'Set a password'}
        </Button>
      </div>
      <Dialog
        isOpen={isOpen && !isDone}
        onClose={() => setIsOpen(false)}
        title={hasPassword ? 'Change your password' : 'Set a password'}
        description="Every other device is logged out with it."
      >
        <form action={submit} className="space-y-4" noValidate>
          <Problem message={state.message} />
          <InputField
            label="New password"
            name="password"
            type="password"
            autoComplete="new-password"
            required
            hint={`At least ${PASSWORD_MIN} characters. A few words in a row work well.`}
            error={state.fields?.['password']}
          />
          <div className="flex justify-end gap-2">
            <Button tone="secondary" onClick={() => setIsOpen(false)}>
              Cancel
            </Button>
            <SubmitButton pendingLabel="Saving…">Save password</SubmitButton>
          </div>
        </form>
      </Dialog>
      {dialog}
    </>
  )
}

export const ConnectProvider = ({ id, name }: { readonly id: string; readonly name: string }) => {
  const confirmThenLeave = async (previous: FormState, form: FormData): Promise<FormState> => {
    const confirmed = await confirmBeforeLinkingAction(previous, form)
    if (confirmed.status === 'done') await signIn(id, { callbackUrl: '/account' })
    return confirmed
  }
  const { state, submit, dialog } = useGuardedAction<FormState>(confirmThenLeave, IDLE)
  return (
    <>
      <form action={submit} className="text-right">
        <SubmitButton tone="secondary" size="small" pendingLabel="Leaving…" aria-label={`Connect ${name}`}>
          Connect
        </SubmitButton>
        <Problem message={state.message} />
      </form>
      {dialog}
    </>
  )
}

export const DisconnectProvider = ({ identityId, name }: { readonly identityId: string; readonly name: string }) => {
  const { state, submit, dialog } = useGuardedAction<FormState>(unlinkIdentityAction.bind(null, identityId), IDLE)
  return (
    <>
      <form action={submit} className="text-right">
        <SubmitButton tone="secondary" size="small" pendingLabel="Disconnecting…" aria-label={`Disconnect ${name}`}>
          Disconnect
        </SubmitButton>
        <Problem message={state.message} />
      </form>
      {dialog}
    </>
  )
}

export const RevokeOthersButton = () => {
  const [state, submit] = useActionState<FormState, FormData>(revokeOtherSessionsAction, IDLE)
  return (
    <form action={submit}>
      <SubmitButton tone="secondary" size="small" pendingLabel="Ending them…">
        Log out everywhere else
      </SubmitButton>
      <Problem message={state.message} />
    </form>
  )
}

export const VerifyEmailReminder = ({ email }: { readonly email: string }) => {
  const [state, submit] = useActionState<FormState, FormData>(sendVerificationAction, IDLE)
  return (
    <Banner tone="warning">
      <form action={submit} className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <span role="status">
          {state.status === 'done'
            ? `A link went to ${email}. Open it to confirm the address.`
            : (state.message ?? 'Your e-mail address is not confirmed yet.')}
        </span>
        {state.status !== 'done' && (
          <SubmitButton tone="secondary" size="small" pendingLabel="Sending…">
            Send the link
          </SubmitButton>
        )}
      </form>
    </Banner>
  )
}
