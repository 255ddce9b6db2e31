'use client'

import { startTransition, type ReactNode } from 'react'
import { Button } from './button.tsx'
import { Problem } from './problem.tsx'

interface KeptFormProps {
  /** From `useActionState`. */
  readonly submit: (form: FormData) => void
  readonly isPending: boolean
  readonly message: string | undefined
  readonly submitLabel: string
  readonly pendingLabel: string
  readonly onCancel: () => void
  readonly children: ReactNode
}

/** The form of a dialog. React empties a form after its action, refused or not; here what was typed stays to be corrected. */
export const KeptForm = ({
  submit,
  isPending,
  message,
  submitLabel,
  pendingLabel,
  onCancel,
  children,
}: KeptFormProps) => (
  <form
    onSubmit={(event) => {
      event.preventDefault()
      const typed = new FormData(event.currentTarget)
      startTransition(() => submit(typed))
    }}
    className="space-y-4"
    noValidate
  >
    <Problem message={message} />
    {children}
    <div className="flex justify-end gap-2 pt-1">
      <Button tone="secondary" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" disabled={isPending} aria-busy={isPending}>
        {isPending ? pendingLabel : submitLabel}
      </Button>
    </div>
  </form>
)
