'use client'

import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { setTwoFactorPolicyAction } from './actions.ts'

interface PolicyFormProps {
  readonly orgSlug: string
  readonly isRequired: boolean
}

export const PolicyForm = ({ orgSlug, isRequired }: PolicyFormProps) => {
  const action = setTwoFactorPolicyAction.bind(null, { orgSlug, requireTwoFactor: !isRequired })
  const { state, submit, dialog } = useGuardedAction<FormState>(action, IDLE)
  return (
    <>
      <form action={submit} className="space-y-4">
        <Problem message={state.message} />
        <SubmitButton tone={isRequired ? 'secondary' : 'primary'} pendingLabel="Saving…">
          {isRequired ? 'Stop requiring it' : 'Require two-factor authentication'}
        </SubmitButton>
      </form>
      {dialog}
    </>
  )
}
