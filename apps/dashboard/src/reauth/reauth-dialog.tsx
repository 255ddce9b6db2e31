'use client'

import { useActionState, useEffect, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { InputField } from '../ui/field.tsx'
import { IDLE, type FormState } from '../ui/form-state.ts'
import { Problem } from '../ui/problem.tsx'
import { SubmitButton } from '../ui/submit-button.tsx'
import { proveIdentityAction, readProofChoices, sendProofCodeAction, type ProofChoices } from './actions.ts'
import type { Proof } from './prove-identity.ts'

interface ReauthDialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly onProved: () => void
}

const FIELDS: Readonly<
  Record<Proof, { label: string; type: string; autoComplete: string; hint?: string; other: string }>
> = {
  password: { label: 'Your password', type: 'password', autoComplete: 'current-password', other: 'Use my password' },
  'second-factor': {
    label: 'Code',
    type: 'text',
    autoComplete: 'one-time-code',
    hint: 'Six digits from your authenticator app, or a recovery code.',
    other: 'Use my authenticator app',
  },
  'mail-code': {
    label: 'Code',
    type: 'text',
    autoComplete: 'one-time-code',
    hint: 'Eight digits, from the mail.',
    other: 'Use a code by mail',
  },
}

const MailCodeSender = ({ email }: { readonly email: string }) => {
  const [state, send] = useActionState<FormState, FormData>(sendProofCodeAction, IDLE)
  return (
    <form action={send} className="flex flex-wrap items-center justify-between gap-3 text-sm">
      <p className="min-w-0 break-words text-muted" role="status">
        {state.status === 'done' ? `A code went to ${email}.` : (state.message ?? `We send a code to ${email}.`)}
      </p>
      <SubmitButton tone="secondary" size="small" pendingLabel="Sending…">
        {state.status === 'done' ? 'Send another' : 'Send the code'}
      </SubmitButton>
    </form>
  )
}

const ProofForm = ({ proof, onClose, onProved }: { readonly proof: Proof } & Omit<ReauthDialogProps, 'isOpen'>) => {
  const prove = async (previous: FormState, form: FormData): Promise<FormState> => {
    const result = await proveIdentityAction(previous, form)
    if (result.status === 'done') onProved()
    return result
  }
  const [state, submit] = useActionState<FormState, FormData>(prove, IDLE)
  const { label, type, autoComplete, hint } = FIELDS[proof]
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      <input type="hidden" name="proof" value={proof} />
      <InputField
        label={label}
        name="typed"
        type={type}
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus
        {...(hint === undefined ? {} : { hint })}
        error={state.fields?.['typed']}
      />
      <div className="flex justify-end gap-2">
        <Button tone="secondary" onClick={onClose}>
          Cancel
        </Button>
        <SubmitButton pendingLabel="Checking…">Confirm</SubmitButton>
      </div>
    </form>
  )
}

const ProofChooser = ({
  choices,
  onClose,
  onProved,
}: { readonly choices: ProofChoices } & Omit<ReauthDialogProps, 'isOpen'>) => {
  const [chosen, setChosen] = useState<Proof>(choices.proofs[0] ?? 'mail-code')
  return (
    <div className="space-y-4">
      {chosen === 'mail-code' && <MailCodeSender email={choices.email} />}
      <ProofForm key={chosen} proof={chosen} onClose={onClose} onProved={onProved} />
      {choices.proofs
        .filter((proof) => proof !== chosen)
        .map((proof) => (
          <Button key={proof} tone="quiet" size="small" onClick={() => setChosen(proof)}>
            {FIELDS[proof].other}
          </Button>
        ))}
    </div>
  )
}

/** Asks somebody who is signed in to show that it is still them. Normally through `useGuardedAction`. */
export const ReauthDialog = ({ isOpen, onClose, onProved }: ReauthDialogProps) => {
  const [choices, setChoices] = useState<ProofChoices | null>(null)
  useEffect(() => {
    if (isOpen) void readProofChoices().then(setChoices)
  }, [isOpen])
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title="Confirm that it is you"
      description="An open browser is not enough for this. What you confirm is good for five minutes."
    >
      {choices === null ? (
        <div className="h-32" aria-busy />
      ) : (
        <ProofChooser choices={choices} onClose={onClose} onProved={onProved} />
      )}
    </Dialog>
  )
}
