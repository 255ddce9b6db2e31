'use client'

import { Plus } from 'lucide-react'
import { useActionState, useCallback, useEffect, useState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { createKeyAction, type CreateKeyState } from './actions.ts'
import { NewKeyShown } from './new-key-shown.tsx'

interface CreateKeyDialogProps {
  readonly orgSlug: string
  readonly teams: readonly { readonly teamId: string; readonly name: string }[]
  /** A developer makes keys for themselves; service keys take an admin. */
  readonly mayCreateServiceKeys: boolean
}

type FormPart = Pick<CreateKeyState, 'fields' | 'values'>

const OwnerFields = ({ teams, fields }: Pick<CreateKeyDialogProps, 'teams'> & Pick<FormPart, 'fields'>) => {
  const [kind, setKind] = useState('member')
  return (
    <>
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
      {kind === 'service' && (
        <SelectField label="Team" name="teamId" error={fields?.['teamId']}>
          {teams.map((team) => (
            <option key={team.teamId} value={team.teamId}>
              {team.name}
            </option>
          ))}
        </SelectField>
      )}
    </>
  )
}

const BUDGETS = [
  { label: 'Monthly budget', name: 'monthlyBudget', suffix: '/ month' },
  { label: 'Daily budget', name: 'dailyBudget', suffix: '/ day' },
] as const

const LimitFields = ({ fields, values }: FormPart) => (
  <>
    <div className="grid gap-4 sm:grid-cols-2">
      {BUDGETS.map(({ label, name, suffix }) => (
        <InputField
          key={name}
          label={label}
          name={name}
          optional
          inputMode="decimal"
          prefix="$"
          suffix={suffix}
          placeholder="No limit"
          defaultValue={values?.[name]}
          error={fields?.[name]}
        />
      ))}
    </div>
    <InputField
      label="Allowed models"
      name="allowedModels"
      optional
      placeholder="All models"
      hint="Names from the price list, separated by commas."
      defaultValue={values?.['allowedModels']}
      error={fields?.['allowedModels']}
    />
  </>
)

interface CreateKeyFormProps extends CreateKeyDialogProps {
  readonly onIssued: () => void
  readonly onDone: () => void
}

const CreateKeyForm = ({ orgSlug, teams, mayCreateServiceKeys, onIssued, onDone }: CreateKeyFormProps) => {
  const [state, submit] = useActionState<CreateKeyState, FormData>(createKeyAction.bind(null, orgSlug), IDLE)
  const { apiKey, message, fields, values } = state
  useEffect(() => {
    if (apiKey !== undefined) onIssued()
  }, [apiKey, onIssued])

  if (apiKey !== undefined) {
    return (
      <div className="space-y-5">
        <NewKeyShown apiKey={apiKey} />
        <div className="flex justify-end">
          <Button onClick={onDone}>I have copied it</Button>
        </div>
      </div>
    )
  }
  const part = { ...(fields === undefined ? {} : { fields }), ...(values === undefined ? {} : { values }) }
  return (
    <form action={submit} className="space-y-4" noValidate>
      {message !== undefined && (
        <Banner tone="danger" isAlert>
          {message}
        </Banner>
      )}
      <InputField
        label="Name"
        name="name"
        required
        maxLength={80}
        placeholder="Checkout service"
        defaultValue={values?.['name']}
        error={fields?.['name']}
      />
      {mayCreateServiceKeys && <OwnerFields teams={teams} {...part} />}
      <LimitFields {...part} />
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
  const [step, setStep] = useState<'closed' | 'asking' | 'shown'>('closed')
  const close = useCallback(() => setStep('closed'), [])
  const show = useCallback(() => setStep('shown'), [])
  return (
    <>
      <Button onClick={() => setStep('asking')}>
        <Plus aria-hidden /> Create key
      </Button>
      <Dialog
        isOpen={step !== 'closed'}
        onClose={close}
        title={step === 'shown' ? 'Your new key' : 'Create a key'}
        mustBeAnswered={step === 'shown'}
      >
        <CreateKeyForm {...props} onIssued={show} onDone={close} />
      </Dialog>
    </>
  )
}
