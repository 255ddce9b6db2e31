'use client'

import { useActionState, type ReactNode } from 'react'
import { IDLE, type FormState } from './form-state.ts'

interface ActionFormProps {
  readonly action: (previous: FormState, form: FormData) => Promise<FormState>
  readonly className?: string
  readonly children: ReactNode
}

/** A small form of one row: what went wrong stands below it, what went right shows in the page itself. */
export const ActionForm = ({ action, className, children }: ActionFormProps) => {
  const [state, submit] = useActionState(action, IDLE)
  return (
    <form action={submit} className={className}>
      {children}
      {state.status === 'failed' && (
        <p role="alert" className="w-full text-[13px] text-danger">
          {state.message ?? Object.values(state.fields ?? {})[0]}
        </p>
      )}
    </form>
  )
}
