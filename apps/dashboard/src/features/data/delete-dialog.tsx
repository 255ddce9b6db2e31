'use client'

import { useState } from 'react'
import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { deleteOrganizationAction } from './actions.ts'

export const DeleteDialog = ({ orgSlug, name }: { readonly orgSlug: string; readonly name: string }) => {
  const [isOpen, setIsOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const { state, submit, dialog } = useGuardedAction(deleteOrganizationAction.bind(null, orgSlug), IDLE)
  const close = () => setIsOpen(false)
  return (
    <>
      <Button tone="danger" onClick={() => setIsOpen(true)}>
        Delete organization
      </Button>
      <Dialog
        isOpen={isOpen && state.status !== 'done'}
        onClose={close}
        title={`Delete ${name}?`}
        description="Every key stops within seconds. For 7 days an owner can restore everything; then names, addresses, credentials and the details of the audit log are erased for good. What was used and billed stays on record without names, as the law on invoices asks."
      >
        <form action={submit} className="space-y-4" noValidate>
          <Problem message={state.message} />
          <InputField
            label={`Type ${name} to confirm`}
            name="name"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            error={state.fields?.['name']}
          />
          <div className="flex justify-end gap-2">
            <Button tone="secondary" onClick={close}>
              Keep it
            </Button>
            <SubmitButton tone="danger" pendingLabel="Deleting…" disabled={typed.trim() !== name}>
              Delete
            </SubmitButton>
          </div>
        </form>
      </Dialog>
      {dialog}
    </>
  )
}
