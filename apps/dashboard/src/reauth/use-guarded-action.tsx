'use client'

import { startTransition, useActionState, useState, type ReactNode } from 'react'
import type { FormState } from '../ui/form-state.ts'
import { ReauthDialog } from './reauth-dialog.tsx'

interface Guarded<State extends FormState> {
  readonly state: Awaited<State>
  readonly submit: (form: FormData) => void
  readonly isPending: boolean
  /** To be rendered beside the form, not inside it. */
  readonly dialog: ReactNode
}

/**
 * `useActionState` for an action that begins with `requireRecentAuth`: when the action refuses because the last proof is too old, a dialog asks
 * for one and the same form is sent again.
 */
export const useGuardedAction = <State extends FormState>(
  action: (previous: Awaited<State>, form: FormData) => Promise<State>,
  initial: Awaited<State>,
): Guarded<State> => {
  const [held, setHeld] = useState<FormData | null>(null)
  const guarded = async (previous: Awaited<State>, form: FormData): Promise<State> => {
    const next = await action(previous, form)
    if (next.code !== 'reauthentication_required') return next
    setHeld(form)
    return initial
  }
  const [state, submit, isPending] = useActionState<State, FormData>(guarded, initial)
  const sendAgain = () => {
    if (held === null) return
    setHeld(null)
    startTransition(() => submit(held))
  }
  return {
    state,
    submit,
    isPending,
    dialog: <ReauthDialog isOpen={held !== null} onClose={() => setHeld(null)} onProved={sendAgain} />,
  }
}
