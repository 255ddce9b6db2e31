'use client'

import { useActionState } from 'react'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { approveAction, endAction } from './actions.ts'

interface AccessButtonsProps {
  readonly orgSlug: string
  readonly accessId: string
  readonly operatorName: string
  readonly isRequested: boolean
}

export const AccessButtons = ({ orgSlug, accessId, operatorName, isRequested }: AccessButtonsProps) => {
  const address = { orgSlug, accessId }
  const [approval, approve] = useActionState(approveAction.bind(null, address), IDLE)
  const [ending, end] = useActionState(endAction.bind(null, address), IDLE)
  const message = approval.message ?? ending.message
  return (
    <div className="space-y-1">
      <div className="flex gap-2">
        {isRequested && (
          <form action={approve}>
            <SubmitButton size="small" pendingLabel="Allowing…" aria-label={`Allow ${operatorName} to look`}>
              Allow
            </SubmitButton>
          </form>
        )}
        <form action={end}>
          <SubmitButton
            tone={isRequested ? 'secondary' : 'danger'}
            size="small"
            pendingLabel="Ending…"
            aria-label={isRequested ? `Decline ${operatorName}` : `End the access of ${operatorName} now`}
          >
            {isRequested ? 'Decline' : 'End now'}
          </SubmitButton>
        </form>
      </div>
      {message !== undefined && (
        <p role="alert" className="text-[13px] text-danger">
          {message}
        </p>
      )}
    </div>
  )
}
