'use client'

import { useId } from 'react'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { setContentPolicyAction } from './actions.ts'

interface PolicyButtonProps {
  readonly orgSlug: string
  /** Null: of the organization. */
  readonly teamId: string | null
  readonly name: string
  /** Null: the organization's counts. */
  readonly days: number | null
  readonly organizationDays: number
}

export const PolicyButton = ({ orgSlug, teamId, name, days, organizationDays }: PolicyButtonProps) => {
  const group = useId()
  const choices = [
    ...(teamId === null
      ? []
      : [
          {
            value: 'inherit',
            label: 'As the organization',
            detail: organizationDays === 0 ? 'Now: not kept' : `Now: ${organizationDays} days`,
          },
        ]),
    { value: '0', label: 'Do not keep', detail: 'Nothing of a prompt or an answer is stored' },
    { value: '7', label: '7 days', detail: 'Enough to look into what went wrong' },
    { value: '30', label: '30 days', detail: 'The longest there is' },
  ]
  return (
    <ConfirmButton
      label="Change"
      spokenLabel={`Change for ${name}`}
      tone="secondary"
      title={`Prompts and answers of ${name}`}
      consequence="Counts for requests from now on. What is already kept longer than you choose here is deleted at once, for good."
      confirmLabel="Save"
      pendingLabel="Saving…"
      action={setContentPolicyAction.bind(null, { orgSlug, teamId })}
    >
      <fieldset className="space-y-2">
        <legend className="sr-only">How long</legend>
        {choices.map((choice) => (
          <label
            key={choice.value}
            htmlFor={`${group}-${choice.value}`}
            className="flex cursor-pointer items-start gap-3 rounded-lg border px-3.5 py-2.5 has-checked:border-accent has-checked:bg-accent-soft"
          >
            <input
              type="radio"
              id={`${group}-${choice.value}`}
              name="days"
              value={choice.value}
              defaultChecked={choice.value === (days === null ? 'inherit' : String(days))}
              className="mt-1 accent-accent"
            />
            <span>
              <span className="block text-sm font-medium">{choice.label}</span>
              <span className="block text-[13px] text-muted">{choice.detail}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </ConfirmButton>
  )
}
