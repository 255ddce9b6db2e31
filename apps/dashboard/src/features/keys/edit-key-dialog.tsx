'use client'

import { useActionState, useEffect, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { KeptForm } from '../../ui/kept-form.tsx'
import { updateKeyAction } from './actions.ts'
import { NameField, ScopeFields, type TypedKey } from './key-fields.tsx'

interface EditKeyDialogProps {
  readonly orgSlug: string
  readonly keyId: string
  readonly typed: TypedKey
}

const EditKeyForm = ({ orgSlug, keyId, typed, onDone }: EditKeyDialogProps & { readonly onDone: () => void }) => {
  const [state, submit, isPending] = useActionState(updateKeyAction.bind(null, { orgSlug, keyId }), IDLE)
  useEffect(() => {
    if (state.status === 'done') onDone()
  }, [state, onDone])
  return (
    <KeptForm
      submit={submit}
      isPending={isPending}
      message={state.message}
      submitLabel="Save"
      pendingLabel="Saving…"
      onCancel={onDone}
    >
      <NameField fields={state.fields} typed={typed} />
      <ScopeFields fields={state.fields} typed={typed} />
    </KeptForm>
  )
}

export const EditKeyDialog = (props: EditKeyDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const [close] = useState(() => () => setIsOpen(false))
  return (
    <>
      <Button tone="secondary" onClick={() => setIsOpen(true)}>
        Edit
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={close}
        title={`Edit “${props.typed.name}”`}
        description="Takes effect within seconds, for requests that begin then."
      >
        <EditKeyForm {...props} onDone={close} />
      </Dialog>
    </>
  )
}
