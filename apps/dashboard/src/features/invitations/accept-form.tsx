'use client'

import { useActionState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { acceptInvitationAction } from './actions.ts'

interface AcceptFormProps {
  readonly token: string
  readonly organization: string
}

export const AcceptForm = ({ token, organization }: AcceptFormProps) => {
  const [state, submit] = useActionState(acceptInvitationAction.bind(null, token), IDLE)
  return (
    <form action={submit} className="space-y-4">
      {state.message !== undefined && (
        <Banner tone="danger" isAlert>
          {state.message}
        </Banner>
      )}
      <SubmitButton pendingLabel="Joining…" className="w-full">
        Join {organization}
      </SubmitButton>
    </form>
  )
}
