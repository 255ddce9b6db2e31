'use client'

import { Plus } from 'lucide-react'
import { useActionState, useCallback, useEffect, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField, SelectField } from '../../ui/field.tsx'
import { IDLE, type FormState } from '../../ui/form-state.ts'
import { KeptForm } from '../../ui/kept-form.tsx'
import { createKeyAction, type IssuedKeyState } from './actions.ts'
import { NameField, ScopeFields } from './key-fields.tsx'
import { NewKeyShown } from './new-key-shown.tsx'

/** For whom a key can be issued. */
export interface OwnerOption {
  readonly value: string
  readonly label: string
  readonly group: 'you' | 'members' | 'teams'
}

interface CreateKeyDialogProps {
  readonly orgSlug: string
  readonly owners: readonly OwnerOption[]
}

const OptionGroup = ({ label, options }: { readonly label: string; readonly options: readonly OwnerOption[] }) =>
  options.length === 0 ? null : (
    <optgroup label={label}>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </optgroup>
  )

const OwnerField = ({ owners, fields }: Pick<CreateKeyDialogProps, 'owners'> & Pick<FormState, 'fields'>) => {
  const [value, setValue] = useState(owners[0]?.value ?? '')
  const group = owners.find((option) => option.value === value)?.group ?? 'you'
  const of = (wanted: OwnerOption['group']) => owners.filter((option) => option.group === wanted)
  if (owners.length === 1) return <input type="hidden" name="owner" value={value} />
  return (
    <SelectField
      label="For"
      name="owner"
      value={value}
      onChange={(event) => setValue(event.target.value)}
      hint={
        group === 'teams'
          ? 'A service key belongs to the team and outlives the people who made it.'
          : group === 'members'
            ? 'You see the key once and hand it over. It stops when they leave.'
            : 'It stops with your membership.'
      }
      {...(fields?.['owner'] === undefined ? {} : { error: fields['owner'] })}
    >
      {of('you').map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
      <OptionGroup label="Members" options={of('members')} />
      <OptionGroup label="Teams (service key)" options={of('teams')} />
    </SelectField>
  )
}

const BUDGETS = [
  { label: 'Daily budget', name: 'dailyBudget', suffix: '/ day' },
  { label: 'Monthly budget', name: 'monthlyBudget', suffix: '/ month' },
] as const

const RATES = [
  { label: 'Requests', name: 'requestsPerMinute', suffix: '/ minute' },
  { label: 'Tokens', name: 'tokensPerMinute', suffix: '/ minute' },
  { label: 'At the same time', name: 'concurrency', suffix: 'requests' },
] as const

const BudgetFields = ({ fields }: Pick<FormState, 'fields'>) => (
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
        error={fields?.[name]}
      />
    ))}
  </div>
)

const FineFields = ({ fields }: Pick<FormState, 'fields'>) => (
  <details className="group rounded-lg border px-3.5 py-2.5 open:pb-4">
    <summary className="cursor-pointer text-[13px] font-medium text-muted group-open:text-ink">
      What it may do, and how fast
    </summary>
    <div className="mt-3 space-y-4">
      <ScopeFields fields={fields} />
      <div className="grid gap-4 sm:grid-cols-3">
        {RATES.map(({ label, name, suffix }) => (
          <InputField
            key={name}
            label={label}
            name={name}
            optional
            inputMode="numeric"
            suffix={suffix}
            placeholder="No limit"
            error={name === 'requestsPerMinute' ? fields?.['rateLimit'] : undefined}
          />
        ))}
      </div>
    </div>
  </details>
)

interface CreateKeyFormProps extends CreateKeyDialogProps {
  readonly onIssued: () => void
  readonly onDone: () => void
}

const CreateKeyForm = ({ orgSlug, owners, onIssued, onDone }: CreateKeyFormProps) => {
  const [state, submit, isPending] = useActionState<IssuedKeyState, FormData>(createKeyAction.bind(null, orgSlug), IDLE)
  const { apiKey, message, fields } = state
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
  return (
    <KeptForm
      submit={submit}
      isPending={isPending}
      message={message}
      submitLabel="Create key"
      pendingLabel="Creating…"
      onCancel={onDone}
    >
      <NameField fields={fields} />
      <OwnerField owners={owners} {...(fields === undefined ? {} : { fields })} />
      <BudgetFields {...(fields === undefined ? {} : { fields })} />
      <FineFields {...(fields === undefined ? {} : { fields })} />
    </KeptForm>
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
        title={step === 'shown' ? 'The new key' : 'Create a key'}
        mustBeAnswered={step === 'shown'}
      >
        <CreateKeyForm {...props} onIssued={show} onDone={close} />
      </Dialog>
    </>
  )
}
