'use client'

import { useActionState } from 'react'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { restoreOrganizationAction } from './actions.ts'

export const RestoreButton = ({ orgSlug }: { readonly orgSlug: string }) => {
  const [state, submit] = useActionState(restoreOrganizationAction.bind(null, orgSlug), IDLE)
  return (
    <form action={submit}>
      <SubmitButton pendingLabel="Restoring…">Restore organization</SubmitButton>
      {state.message !== undefined && (
        <p role="alert" className="mt-1 text-[13px] text-danger">
          {state.message}
        </p>
      )}
    </form>
  )
}
