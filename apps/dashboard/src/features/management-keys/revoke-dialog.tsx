'use client'

import { useState } from 'react'
import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { revokeManagementKeyAction } from './actions.ts'

interface RevokeProps {
  readonly orgSlug: string
  readonly managementKeyId: string
  readonly name: string
  readonly shown: string
}

export const RevokeManagementKeyDialog = ({ orgSlug, managementKeyId, name, shown }: RevokeProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const { state, submit, dialog } = useGuardedAction(
    revokeManagementKeyAction.bind(null, { orgSlug, managementKeyId }),
    IDLE,
  )
  const close = () => setIsOpen(false)
  return (
    <>
      <Button tone="quiet" size="small" onClick={() => setIsOpen(true)} aria-label={`Revoke ${name}`}>
        Revoke
      </Button>
      <Dialog
        isOpen={isOpen && state.status !== 'done'}
        onClose={close}
        title={`Revoke “${name}”?`}
        description={
          <>
            The next call with <code className="font-mono text-[13px] text-ink">{shown}</code> is refused with{' '}
            <code className="font-mono text-[13px] text-ink">403 key_disabled</code>. What it has done stays done. This
            cannot be undone.
          </>
        }
      >
        <form action={submit} className="space-y-4">
          {state.message !== undefined && (
            <Banner tone="danger" isAlert>
              {state.message}
            </Banner>
          )}
          <div className="flex justify-end gap-2">
            <Button tone="secondary" onClick={close}>
              Keep it
            </Button>
            <SubmitButton tone="danger" pendingLabel="Revoking…">
              Revoke key
            </SubmitButton>
          </div>
        </form>
      </Dialog>
      {dialog}
    </>
  )
}
