'use client'

import { useActionState } from 'react'
import { IDLE, type FormState } from './form-state.ts'

interface RoleSelectProps {
  readonly label: string
  readonly name: string
  readonly value: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  readonly action: (previous: FormState, form: FormData) => Promise<FormState>
}

/** A choice that is saved as soon as it is made. */
export const RoleSelect = ({ label, name, value, options, action }: RoleSelectProps) => {
  const [state, submit, isPending] = useActionState(action, IDLE)
  return (
    <form action={submit} className="inline-flex flex-col gap-1">
      <select
        // The browser keeps a refused choice otherwise.
        key={`${value}:${state.status}:${String(isPending)}`}
        name={name}
        aria-label={label}
        defaultValue={value}
        disabled={isPending}
        onChange={(event) => event.currentTarget.form?.requestSubmit()}
        className="h-8 rounded-lg border border-line-strong bg-surface px-2 text-[13px] text-ink disabled:opacity-60"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {state.status === 'failed' && (
        <span role="alert" className="text-[13px] whitespace-normal text-danger">
          {state.message}
        </span>
      )}
    </form>
  )
}
