'use client'

import Link from 'next/link'
import { useActionState, useState } from 'react'
import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { Banner } from '../../ui/banner.tsx'
import { Button, LinkButton } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import {
  confirmTwoFactorAction,
  disableTwoFactorAction,
  replaceRecoveryCodesAction,
  startTwoFactorAction,
  type RecoveryCodesState,
} from './two-factor-actions.ts'

const RecoveryCodes = ({ codes }: { readonly codes: readonly string[] }) => (
  <div className="space-y-4" data-testid="recovery-codes">
    <Banner tone="warning">
      These codes are shown once. Each lets you in once when your phone is lost. Keep them where you keep your
      passwords, or on paper.
    </Banner>
    <CodeBlock code={codes.join('\n')} label="recovery codes" />
    <div className="flex justify-end">
      <LinkButton href="/account">I have kept them</LinkButton>
    </div>
  </div>
)

export const StartTwoFactorForm = () => {
  const { state, submit, dialog } = useGuardedAction<FormState>(startTwoFactorAction, IDLE)
  return (
    <>
      <form action={submit} className="space-y-4">
        <Problem message={state.message} />
        <SubmitButton pendingLabel="Preparing…">Set up an authenticator app</SubmitButton>
      </form>
      {dialog}
    </>
  )
}

export const ConfirmTwoFactorForm = () => {
  const [state, submit] = useActionState<RecoveryCodesState, FormData>(confirmTwoFactorAction, IDLE)
  if (state.recoveryCodes !== undefined) return <RecoveryCodes codes={state.recoveryCodes} />
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      <InputField
        label="Code"
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        hint="The six digits the app shows now. Turning it on logs you out on every other device."
        error={state.fields?.['code']}
      />
      <div className="flex items-center justify-end gap-2">
        <Link href="/account" className="px-3 text-[13px] text-muted hover:text-ink">
          Not now
        </Link>
        <SubmitButton pendingLabel="Checking…">Turn on</SubmitButton>
      </div>
    </form>
  )
}

export const ReplaceRecoveryCodesForm = () => {
  const { state, submit, dialog } = useGuardedAction<RecoveryCodesState>(replaceRecoveryCodesAction, IDLE)
  if (state.recoveryCodes !== undefined) return <RecoveryCodes codes={state.recoveryCodes} />
  return (
    <>
      <form action={submit} className="space-y-3">
        <Problem message={state.message} />
        <SubmitButton tone="secondary" size="small" pendingLabel="Making new ones…">
          Make new recovery codes
        </SubmitButton>
      </form>
      {dialog}
    </>
  )
}

export const DisableTwoFactorForm = () => {
  const [isOpen, setIsOpen] = useState(false)
  const { state, submit, dialog } = useGuardedAction<FormState>(disableTwoFactorAction, IDLE)
  return (
    <>
      <Button tone="quiet" size="small" onClick={() => setIsOpen(true)}>
        Turn off
      </Button>
      <Dialog
        isOpen={isOpen && state.status !== 'done'}
        onClose={() => setIsOpen(false)}
        title="Turn off two-factor authentication?"
        description="From then on your password, or your mail, is enough to be you. Your recovery codes stop working. Organizations that require a second factor let you in again once you set one up."
      >
        <form action={submit} className="space-y-4">
          <Problem message={state.message} />
          <div className="flex justify-end gap-2">
            <Button tone="secondary" onClick={() => setIsOpen(false)}>
              Keep it
            </Button>
            <SubmitButton tone="danger" pendingLabel="Turning off…">
              Turn it off
            </SubmitButton>
          </div>
        </form>
      </Dialog>
      {dialog}
    </>
  )
}
