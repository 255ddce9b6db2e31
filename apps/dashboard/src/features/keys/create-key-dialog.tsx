'use client'

import { Plus } from 'lucide-react'
import { useActionState, useState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { createKeyAction, type CreateKeyState } from './actions.ts'
import { NewKeyShown } from './new-key-shown.tsx'

interface CreateKeyDialogProps {
  readonly orgSlug: string
  readonly teams: readonly { readonly teamId: string; readonly name: string }[]
  /** A developer makes keys for themselves; service keys take an admin. */
  readonly mayCreateServiceKeys: boolean
}

const CreateKeyForm = ({
  orgSlug,
  teams,
  mayCreateServiceKeys,
  onDone,
}: CreateKeyDialogProps & { readonly onDone: () => void }) => {
  const [state, submit] = useActionState<CreateKeyState, FormData>(createKeyAction.bind(null, orgSlug), {
    status: 'idle',
  })
  const [kind, setKind] = useState('member')
  if (state.status === 'done' && state.apiKey !== undefined) {
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
    <form action={submit} className="space-y-4" noValidate>
      {state.message !== undefined && (
        <Banner tone="danger" isAlert>
          {state.message}
        </Banner>
      )}
      <InputField
        label="Name"
        name="name"
        required
        maxLength={80}
        placeholder="Checkout service"
        defaultValue={state.values?.['name']}
        error={state.fields?.['name']}
      />
      {mayCreateServiceKeys && (
        <SelectField
          label="Belongs to"
          name="kind"
          value={kind}
          onChange={(event) => setKind(event.target.value)}
          hint="A service key outlives the people who made it; yours stops with your membership."
        >
          <option value="member">You</option>
          <option value="service">A team (service key)</option>
        </SelectField>
      )}
      {kind === 'service' && (
        <SelectField label="Team" name="teamId" error={state.fields?.['teamId']}>
          {teams.map((team) => (
            <option key={team.teamId} value={team.teamId}>
              {team.name}
            </option>
          ))}
        </SelectField>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <InputField
          label="Monthly budget"
          name="monthlyBudget"
          optional
          inputMode="decimal"
          prefix="$"
          suffix="/ month"
          placeholder="No limit"
          defaultValue={state.values?.['monthlyBudget']}
          error={state.fields?.['monthlyBudget']}
        />
        <InputField
          label="Daily budget"
          name="dailyBudget"
          optional
          inputMode="decimal"
          prefix="$"
          suffix="/ day"
          placeholder="No limit"
          defaultValue={state.values?.['dailyBudget']}
          error={state.fields?.['dailyBudget']}
        />
      </div>
      <InputField
        label="Allowed models"
        name="allowedModels"
        optional
        placeholder="All models"
        hint="Names from the price list, separated by commas."
        defaultValue={state.values?.['allowedModels']}
        error={state.fields?.['allowedModels']}
      />
      <div className="flex justify-end gap-2 pt-1">
        <Button tone="secondary" onClick={onDone}>
          Cancel
        </Button>
        <SubmitButton pendingLabel="Creating…">Create key</SubmitButton>
      </div>
    </form>
  )
}

export const CreateKeyDialog = (props: CreateKeyDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const close = () => setIsOpen(false)
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>
        <Plus aria-hidden /> Create key
      </Button>
      <Dialog isOpen={isOpen} onClose={close} title="Create a key">
        <CreateKeyForm {...props} onDone={close} />
      </Dialog>
    </>
  )
}
