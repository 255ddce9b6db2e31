'use client'

import { useActionState, useState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { revokeKeyAction } from './actions.ts'

interface RevokeKeyDialogProps {
  readonly orgSlug: string
  readonly keyId: string
  readonly name: string
  readonly shown: string
}

export const RevokeKeyDialog = ({ orgSlug, keyId, name, shown }: RevokeKeyDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const [state, submit] = useActionState(revokeKeyAction.bind(null, { orgSlug, keyId }), IDLE)
  const close = () => setIsOpen(false)
  return (
    <>
      <Button tone="secondary" onClick={() => setIsOpen(true)} aria-label={`Revoke ${name}`}>
        Revoke
      </Button>
      <Dialog
        isOpen={isOpen && state.status !== 'done'}
        onClose={close}
        title={`Revoke “${name}”?`}
        description={
          <>
            Every program that uses <code className="font-mono text-[13px] text-ink">{shown}</code> is refused with{' '}
            <code className="font-mono text-[13px] text-ink">403 key_disabled</code> within seconds. Requests that
            already run finish. This cannot be undone; its usage stays on record.
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
    </>
  )
}
