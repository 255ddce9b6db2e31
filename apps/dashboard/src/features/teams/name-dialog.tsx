'use client'

import { useActionState, useEffect, useState, type ReactNode } from 'react'
import { Button, type ButtonTone } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'

interface NameDialogProps {
  readonly label: ReactNode
  readonly tone?: ButtonTone
  readonly title: string
  readonly name?: string
  readonly submitLabel: string
  readonly pendingLabel: string
  readonly action: (previous: FormState, form: FormData) => Promise<FormState>
}

/** Asks for a team's name: a new one or another one. */
export const NameDialog = ({
  label,
  tone = 'primary',
  title,
  name = '',
  submitLabel,
  pendingLabel,
  action,
}: NameDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const [state, submit] = useActionState(action, IDLE)
  const [typed, setTyped] = useState(name)
  useEffect(() => {
    if (state.status === 'done') setIsOpen(false)
  }, [state])
  return (
    <>
      <Button tone={tone} onClick={() => setIsOpen(true)}>
        {label}
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title={title}>
        <form action={submit} className="space-y-4" noValidate>
          <Problem message={state.message} />
          <InputField
            label="Name"
            name="name"
            required
            autoFocus
            maxLength={80}
            placeholder="Search"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            error={state.fields?.['name']}
          />
          <div className="flex justify-end gap-2">
            <Button tone="secondary" onClick={() => setIsOpen(false)}>
              Cancel
            </Button>
            <SubmitButton pendingLabel={pendingLabel}>{submitLabel}</SubmitButton>
          </div>
        </form>
      </Dialog>
    </>
  )
}
