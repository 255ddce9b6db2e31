'use client'

import { useActionState } from 'react'
import type { BillingView } from '../../acts/billing/billing-view.ts'
import { InputField, SelectField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { setBillingDetailsAction } from './actions.ts'
import { TAX_ID_KINDS, type Country } from './countries.ts'

interface DetailsFormProps {
  readonly orgSlug: string
  readonly details: BillingView['details']
  readonly countries: readonly Country[]
}

export const DetailsForm = ({ orgSlug, details, countries }: DetailsFormProps) => {
  const [state, submit] = useActionState(setBillingDetailsAction.bind(null, orgSlug), IDLE)
  const line = (name: keyof typeof details) => ({
    name,
    defaultValue: details[name] ?? '',
    error: state.fields?.[name],
  })
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      <div className="grid gap-4 sm:grid-cols-2">
        <InputField label="Company" autoComplete="organization" {...line('legalName')} />
        <InputField
          label="Invoices to"
          type="email"
          autoComplete="email"
          placeholder="The owners"
          optional
          {...line('email')}
        />
        <InputField label="Street and number" autoComplete="address-line1" {...line('line1')} />
        <InputField label="Address, second line" autoComplete="address-line2" optional {...line('line2')} />
        <InputField label="Postal code" autoComplete="postal-code" {...line('postalCode')} />
        <InputField label="City" autoComplete="address-level2" {...line('city')} />
        <InputField label="State or province" autoComplete="address-level1" optional {...line('state')} />
        <SelectField label="Country" autoComplete="country" {...line('country')}>
          <option value="">Choose…</option>
          {countries.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </SelectField>
        <SelectField label="Kind of tax id" optional {...line('taxIdKind')}>
          <option value="">None</option>
          {TAX_ID_KINDS.map(({ kind, name }) => (
            <option key={kind} value={kind}>
              {name}
            </option>
          ))}
        </SelectField>
        <InputField label="Tax id" optional spellCheck={false} {...line('taxId')} />
      </div>
      <div className="flex items-center justify-end gap-3">
        {state.status === 'done' && (
          <p role="status" className="text-[13px] text-accent">
            Saved
          </p>
        )}
        <SubmitButton pendingLabel="Saving…">Save</SubmitButton>
      </div>
    </form>
  )
}
