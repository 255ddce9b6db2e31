'use client'

import { useEffect, useState, type ReactNode } from 'react'
import { useGuardedAction } from './use-guarded-action.tsx'
import { Button, type ButtonTone } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { IDLE, type FormState } from '../ui/form-state.ts'
import { Problem } from '../ui/problem.tsx'
import { SubmitButton } from '../ui/submit-button.tsx'

interface FormDialogProps {
  readonly label: ReactNode
  readonly spokenLabel?: string
  readonly tone?: ButtonTone
  readonly size?: 'small' | 'medium'
  readonly title: string
  readonly description: ReactNode
  readonly submitLabel: string
  readonly pendingLabel: string
  readonly action: (previous: FormState, form: FormData) => Promise<FormState>
  readonly children: (fields: FormState['fields']) => ReactNode
}

/** A button that opens a form and closes it when it is done. Typed keys live in the inputs alone and go with them. */
export const FormDialog = ({
  label,
  spokenLabel,
  tone = 'quiet',
  size = 'small',
  title,
  description,
  submitLabel,
  pendingLabel,
  action,
  children,
}: FormDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const { state, submit, dialog } = useGuardedAction(action, IDLE)
  useEffect(() => {
    if (state.status === 'done') setIsOpen(false)
  }, [state])
  return (
    <>
      <Button tone={tone} size={size} onClick={() => setIsOpen(true)} aria-label={spokenLabel}>
        {label}
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title={title} description={description}>
        <form action={submit} className="space-y-4" noValidate>
          <Problem message={state.message} />
          {children(state.fields)}
          <div className="flex justify-end gap-2 pt-1">
            <Button tone="secondary" onClick={() => setIsOpen(false)}>
              Cancel
            </Button>
            <SubmitButton pendingLabel={pendingLabel}>{submitLabel}</SubmitButton>
          </div>
        </form>
      </Dialog>
      {dialog}
    </>
  )
}
