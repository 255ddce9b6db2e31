'use client'

import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { Banner } from '../../ui/banner.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
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
        {state.message !== undefined && (
          <Banner tone="danger" isAlert>
            {state.message}
          </Banner>
        )}
        <SubmitButton tone={isRequired ? 'secondary' : 'primary'} pendingLabel="Saving…">
          {isRequired ? 'Stop requiring it' : 'Require two-factor authentication'}
        </SubmitButton>
      </form>
      {dialog}
    </>
  )
}
