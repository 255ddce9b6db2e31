'use client'

import { useActionState, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { KeptForm } from '../../ui/kept-form.tsx'
import { rotateKeyAction, type IssuedKeyState } from './actions.ts'
import { NewKeyShown } from './new-key-shown.tsx'

interface RotateKeyDialogProps {
  readonly orgSlug: string
  readonly keyId: string
  readonly name: string
}

const OVERLAPS = [
  { minutes: 0, label: 'Not at all: it stops now' },
  { minutes: 15, label: '15 minutes' },
  { minutes: 60, label: 'One hour' },
  { minutes: 8 * 60, label: '8 hours' },
  { minutes: 24 * 60, label: '24 hours' },
] as const

const RotateKeyForm = ({ orgSlug, keyId, onDone }: RotateKeyDialogProps & { readonly onDone: () => void }) => {
  const [state, submit, isPending] = useActionState<IssuedKeyState, FormData>(
    rotateKeyAction.bind(null, { orgSlug, keyId }),
    IDLE,
  )
  if (state.apiKey !== undefined) {
    return (
      <div className="space-y-5">
        <NewKeyShown apiKey={state.apiKey} />
        <div className="flex justify-end">
          <Button onClick={onDone}>I have copied it</Button>
        </div>
      </div>
    )
  }
  return (
    <KeptForm
      submit={submit}
      isPending={isPending}
      message={state.message}
      submitLabel="Rotate key"
      pendingLabel="Rotating…"
      onCancel={onDone}
    >
      <SelectField label="How long the present secret still works" name="overlapMinutes" defaultValue={60}>
        {OVERLAPS.map(({ minutes, label }) => (
          <option key={minutes} value={minutes}>
            {label}
          </option>
        ))}
      </SelectField>
    </KeptForm>
  )
}

export const RotateKeyDialog = (props: RotateKeyDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <Button tone="secondary" onClick={() => setIsOpen(true)}>
        Rotate
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        title={`Rotate “${props.name}”`}
        description="The key gets a new secret and stays the same key: its limits, what counts against them and its usage go on."
        mustBeAnswered
      >
        <RotateKeyForm {...props} onDone={() => setIsOpen(false)} />
      </Dialog>
    </>
  )
}
