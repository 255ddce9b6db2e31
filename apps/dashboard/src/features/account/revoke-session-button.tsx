'use client'

import { useActionState } from 'react'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { revokeSessionAction } from './actions.ts'

export const RevokeSessionButton = ({ sessionId, label }: { readonly sessionId: string; readonly label: string }) => {
  const [state, submit] = useActionState(revokeSessionAction.bind(null, sessionId), IDLE)
  return (
    <form action={submit} className="text-right">
      <SubmitButton tone="secondary" size="small" pendingLabel="Revoking…" aria-label={label}>
        Revoke
      </SubmitButton>
      {state.message !== undefined && (
        <p role="alert" className="mt-1 text-[13px] text-danger">
          {state.message}
        </p>
      )}
    </form>
  )
}
