'use client'

import { useState } from 'react'
import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { deleteAccountAction } from './delete-account-action.ts'

export const DeleteAccount = ({ email }: { readonly email: string }) => {
  const [isOpen, setIsOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const { state, submit, dialog } = useGuardedAction<FormState>(deleteAccountAction, IDLE)
  const close = () => setIsOpen(false)
  return (
    <Card title="Delete this account" className="border-danger/30">
      <div className="flex flex-wrap items-end justify-between gap-4">
        <p className="max-w-prose text-sm text-muted">
          Ends your memberships and stops your keys at once, and erases who you were. What your organizations used and
          were billed stays theirs, without your name. An organization you alone own needs another owner first.
        </p>
        <Button tone="danger" onClick={() => setIsOpen(true)}>
          Delete account
        </Button>
      </div>
      <Dialog
        isOpen={isOpen}
        onClose={close}
        title="Delete your account?"
        description="Now and for good: your keys are refused within seconds, every device is logged out, and your name, address, password and ways to sign in are erased. Nobody can bring them back."
      >
        <form action={submit} className="space-y-4" noValidate>
          <Problem message={state.message} />
          <InputField
            label={`Type ${email} to confirm`}
            name="email"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            error={state.fields?.['email']}
          />
          <div className="flex justify-end gap-2">
            <Button tone="secondary" onClick={close}>
              Keep it
            </Button>
            <SubmitButton tone="danger" pendingLabel="Deleting…" disabled={typed.trim().toLowerCase() !== email}>
              Delete
            </SubmitButton>
          </div>
        </form>
      </Dialog>
      {dialog}
    </Card>
  )
}
