'use client'

import { useEffect, useState } from 'react'
import { useGuardedAction } from '../../reauth/use-guarded-action.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { transferOwnershipAction } from './actions.ts'

interface TransferButtonProps {
  readonly orgSlug: string
  readonly heirs: readonly { readonly memberId: string; readonly name: string; readonly email: string }[]
}

/** Hands the organization on; an open browser alone is not enough for that. */
export const TransferButton = ({ orgSlug, heirs }: TransferButtonProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const { state, submit, dialog } = useGuardedAction<FormState>(transferOwnershipAction.bind(null, orgSlug), IDLE)
  useEffect(() => {
    if (state.status === 'done') setIsOpen(false)
  }, [state])
  return (
    <>
      <Button tone="secondary" size="small" onClick={() => setIsOpen(true)}>
        Transfer ownership
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        title="Transfer ownership?"
        description="They become an owner at once, you become an admin, and only an owner can give it back. Keys, budgets and invoices stay as they are."
      >
        <form action={submit} className="space-y-4">
          <Problem message={state.message} />
          <SelectField label="New owner" name="memberId">
            {heirs.map((heir) => (
              <option key={heir.memberId} value={heir.memberId}>
                {heir.name} ({heir.email})
              </option>
            ))}
          </SelectField>
          <div className="flex justify-end gap-2">
            <Button tone="secondary" onClick={() => setIsOpen(false)}>
              Keep it
            </Button>
            <SubmitButton tone="danger" pendingLabel="Transferring…">
              Transfer ownership
            </SubmitButton>
          </div>
        </form>
      </Dialog>
      {dialog}
    </>
  )
}
