'use client'

import { Plus } from 'lucide-react'
import { useActionState, useEffect, useId, useState } from 'react'
import type { LimitScope } from '@atpar/core/quota'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { InputField, SelectField } from '../ui/field.tsx'
import { IDLE, type FormState } from '../ui/form-state.ts'
import { KeptForm } from '../ui/kept-form.tsx'
import { setBudgetAction, updateBudgetAction } from './actions.ts'

/** What of a budget is typed again when it is edited. */
export interface EditedBudget {
  readonly budgetId: string
  readonly unit: 'usd' | 'tokens'
  readonly limit: string
  readonly hard: boolean
  readonly softThresholds: readonly number[]
}

interface BudgetFieldsProps {
  readonly fields: FormState['fields']
  readonly edited?: EditedBudget
}

const AmountFields = ({ fields, edited }: BudgetFieldsProps) => {
  const [unit, setUnit] = useState<'usd' | 'tokens'>(edited?.unit ?? 'usd')
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <InputField
        label={unit === 'usd' ? 'Amount' : 'Tokens'}
        name="limit"
        required
        inputMode="decimal"
        {...(unit === 'usd' ? { prefix: '$' } : {})}
        defaultValue={edited?.limit}
        error={fields?.['limit']}
      />
      {edited === undefined && (
        <>
          <SelectField label="Each" name="period" defaultValue="month">
            <option value="day">Day</option>
            <option value="week">Week</option>
            <option value="month">Month</option>
            <option value="total">In total, for ever</option>
          </SelectField>
          <SelectField
            label="Counts"
            name="unit"
            value={unit}
            onChange={(event) => setUnit(event.target.value === 'tokens' ? 'tokens' : 'usd')}
          >
            <option value="usd">Dollars</option>
            <option value="tokens">Tokens, in and out</option>
          </SelectField>
        </>
      )}
      <SelectField label="When it is used up" name="hard" defaultValue={edited?.hard === false ? 'soft' : 'hard'}>
        <option value="hard">Refuse requests</option>
        <option value="soft">Only tell people</option>
      </SelectField>
    </div>
  )
}

const ZONES = Intl.supportedValuesOf('timeZone')

const FineFields = ({ fields, edited }: BudgetFieldsProps) => {
  const zones = useId()
  return (
    <details className="group rounded-lg border px-3.5 py-2.5 open:pb-4">
      <summary className="cursor-pointer text-[13px] font-medium text-muted group-open:text-ink">
        {edited === undefined ? 'One model or tag, time zone, notices' : 'Notices'}
      </summary>
      <div className="mt-3 grid gap-4 sm:grid-cols-2">
        {edited === undefined && (
          <>
            <InputField
              label="Only this model"
              name="modelId"
              optional
              placeholder="Every model"
              error={fields?.['modelId']}
            />
            <InputField label="Only this tag" name="tag" optional placeholder="Every request" error={fields?.['tag']} />
            <InputField
              label="Begins at midnight in"
              name="timeZone"
              optional
              placeholder="UTC"
              list={zones}
              error={fields?.['timeZone']}
            />
            <datalist id={zones}>
              {ZONES.map((zone) => (
                <option key={zone} value={zone} />
              ))}
            </datalist>
          </>
        )}
        <InputField
          label="Tell people at"
          name="softThresholds"
          suffix="percent"
          defaultValue={(edited?.softThresholds ?? [80, 100]).join(', ')}
          hint="Once each period, by mail."
          error={fields?.['softThresholds']}
        />
      </div>
    </details>
  )
}

type BudgetDialogProps =
  | {
      readonly orgSlug: string
      /** As people call it, in a sentence: "the team Research". */
      readonly holderName: string
      readonly scope: LimitScope
      readonly scopeId: string
      readonly edited?: undefined
      /** What its page is for, and not one of several buttons of a card. */
      readonly isMain?: boolean
    }
  | {
      readonly orgSlug: string
      readonly holderName: string
      readonly edited: EditedBudget
      readonly isMain?: undefined
    }

const BudgetForm = ({ onDone, ...props }: BudgetDialogProps & { readonly onDone: () => void }) => {
  const action =
    props.edited === undefined
      ? setBudgetAction.bind(null, { orgSlug: props.orgSlug, scope: props.scope, scopeId: props.scopeId })
      : updateBudgetAction.bind(null, { orgSlug: props.orgSlug, budgetId: props.edited.budgetId })
  const [state, submit, isPending] = useActionState(action, IDLE)
  useEffect(() => {
    if (state.status === 'done') onDone()
  }, [state, onDone])
  const part = { fields: state.fields, ...(props.edited === undefined ? {} : { edited: props.edited }) }
  return (
    <KeptForm
      submit={submit}
      isPending={isPending}
      message={state.message}
      submitLabel={props.edited === undefined ? 'Set budget' : 'Save'}
      pendingLabel="Saving…"
      onCancel={onDone}
    >
      <AmountFields {...part} />
      <FineFields {...part} />
    </KeptForm>
  )
}

/** Sets a budget, or changes how much one allows. */
export const BudgetDialog = (props: BudgetDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const [close] = useState(() => () => setIsOpen(false))
  return (
    <>
      <Button
        tone={props.edited === undefined ? (props.isMain === true ? 'primary' : 'secondary') : 'quiet'}
        size={props.isMain === true ? 'medium' : 'small'}
        onClick={() => setIsOpen(true)}
        {...(props.edited === undefined ? {} : { 'aria-label': `Change the budget of ${props.holderName}` })}
      >
        {props.edited === undefined ? (
          <>
            <Plus aria-hidden /> {props.isMain === true ? 'Set budget' : 'Budget'}
          </>
        ) : (
          'Change'
        )}
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={close}
        title={props.edited === undefined ? `A budget for ${props.holderName}` : `The budget of ${props.holderName}`}
        description={
          props.edited === undefined
            ? 'Requests must fit it and every budget above it. What was spent in the period already counts.'
            : 'Takes effect within seconds. What was spent stays spent.'
        }
      >
        <BudgetForm {...props} onDone={close} />
      </Dialog>
    </>
  )
}
