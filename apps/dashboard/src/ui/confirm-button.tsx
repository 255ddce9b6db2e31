'use client'

import { useActionState, useEffect, useState, type ReactNode } from 'react'
import { Button, type ButtonSize, type ButtonTone } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { IDLE, type FormState } from './form-state.ts'
import { Problem } from './problem.tsx'
import { SubmitButton } from './submit-button.tsx'

export interface ConfirmButtonProps {
  readonly label: ReactNode
  /** For those who hear the page, where several buttons have the same label. */
  readonly spokenLabel?: string
  readonly tone?: ButtonTone
  readonly size?: ButtonSize
  readonly title: string
  /** What stops, what stays, and whether it can be undone. */
  readonly consequence: ReactNode
  readonly confirmLabel: string
  readonly pendingLabel: string
  readonly keepLabel?: string
  readonly action: (previous: FormState, form: FormData) => Promise<FormState>
  /** Inputs the act needs besides the yes. */
  readonly children?: ReactNode
}

interface ConfirmViewProps extends Omit<ConfirmButtonProps, 'action'> {
  readonly state: FormState
  readonly submit: (form: FormData) => void
}

/** What `ConfirmButton` shows, for whoever runs the action another way. */
export const ConfirmView = ({
  label,
  spokenLabel,
  tone = 'quiet',
  size = 'small',
  title,
  consequence,
  confirmLabel,
  pendingLabel,
  keepLabel = 'Cancel',
  state,
  submit,
  children,
}: ConfirmViewProps) => {
  const [isOpen, setIsOpen] = useState(false)
  useEffect(() => {
    if (state.status === 'done') setIsOpen(false)
  }, [state])
  return (
    <>
      <Button tone={tone} size={size} onClick={() => setIsOpen(true)} aria-label={spokenLabel}>
        {label}
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title={title} description={consequence}>
        <form action={submit} className="space-y-4">
          <Problem message={state.message} />
          {children}
          <div className="flex justify-end gap-2">
            <Button tone="secondary" onClick={() => setIsOpen(false)}>
              {keepLabel}
            </Button>
            <SubmitButton tone="danger" pendingLabel={pendingLabel}>
              {confirmLabel}
            </SubmitButton>
          </div>
        </form>
      </Dialog>
    </>
  )
}

/** A button whose act is done only after its consequence was read. */
export const ConfirmButton = ({ action, ...words }: ConfirmButtonProps) => {
  const [state, submit] = useActionState(action, IDLE)
  return <ConfirmView {...words} state={state} submit={submit} />
}
