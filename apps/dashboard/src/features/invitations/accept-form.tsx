'use client'

import { useActionState } from 'react'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
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
      <Problem message={state.message} />
      <SubmitButton pendingLabel="Joining…" className="w-full">
        Join {organization}
      </SubmitButton>
    </form>
  )
}
