'use client'

import { useActionState } from 'react'
import { InputField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { setAutoTopUpAction } from './actions.ts'

interface AutoTopUpFormProps {
  readonly orgSlug: string
  readonly isEnabled: boolean
  /** In dollars, as typed. */
  readonly threshold: string
  readonly amount: string
  readonly dailyCap: string
}

export const AutoTopUpForm = ({ orgSlug, isEnabled, threshold, amount, dailyCap }: AutoTopUpFormProps) => {
  const [state, submit] = useActionState(setAutoTopUpAction.bind(null, orgSlug), IDLE)
  return (
    <form action={submit} className="space-y-4 border-t pt-4" noValidate>
      <label className="flex items-start gap-2.5 text-sm">
        <input type="checkbox" name="isEnabled" defaultChecked={isEnabled} className="mt-0.5 size-4 accent-accent" />
        <span>
          <span className="font-medium">Top up by itself</span>
          <span className="mt-0.5 block text-[13px] text-muted">
            Charges your card when the balance runs low, tells you each time, and stops after one failed charge.
          </span>
        </span>
      </label>
      <Problem message={state.message} />
      <div className="grid gap-4 sm:grid-cols-3">
        <InputField
          label="Below"
          name="threshold"
          prefix="$"
          inputMode="decimal"
          defaultValue={threshold}
          error={state.fields?.['thresholdCents']}
        />
        <InputField
          label="Add"
          name="amount"
          prefix="$"
          inputMode="decimal"
          defaultValue={amount}
          error={state.fields?.['amountCents']}
        />
        <InputField
          label="At most a day"
          name="dailyCap"
          prefix="$"
          inputMode="decimal"
          defaultValue={dailyCap}
          error={state.fields?.['dailyCapCents']}
        />
      </div>
      <div className="flex items-center justify-end gap-3">
        {state.status === 'done' && (
          <p role="status" className="text-[13px] text-accent">
            Saved
          </p>
        )}
        <SubmitButton pendingLabel="Saving…" tone="secondary">
          Save
        </SubmitButton>
      </div>
    </form>
  )
}
