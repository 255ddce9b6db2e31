'use client'

import { useActionState, useEffect, useState, type ReactNode } from 'react'
import { Banner } from './banner.tsx'
import { Button, type ButtonSize, type ButtonTone } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { IDLE, type FormState } from './form-state.ts'
import { SubmitButton } from './submit-button.tsx'

interface ConfirmButtonProps {
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

/** A button whose act is done only after its consequence was read. */
export const ConfirmButton = ({
  label,
  spokenLabel,
  tone = 'quiet',
  size = 'small',
  title,
  consequence,
  confirmLabel,
  pendingLabel,
  keepLabel = 'Cancel',
  action,
  children,
}: ConfirmButtonProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const [state, submit] = useActionState(action, IDLE)
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
          {state.message !== undefined && (
            <Banner tone="danger" isAlert>
              {state.message}
            </Banner>
          )}
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
