'use client'

import { useActionState, useState } from 'react'
import { Banner } from '../../ui/banner.tsx'
import { InputField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { updateOrganizationAction } from './actions.ts'

interface OrganizationFormProps {
  readonly name: string
  readonly slug: string
  readonly siteUrl: string
}

export const OrganizationForm = ({ name, slug, siteUrl }: OrganizationFormProps) => {
  const [state, submit] = useActionState(updateOrganizationAction.bind(null, slug), IDLE)
  const [typedName, setTypedName] = useState(name)
  const [typedSlug, setTypedSlug] = useState(slug)
  const isUnchanged = typedName.trim() === name && typedSlug.trim() === slug
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      <InputField
        label="Name"
        name="name"
        required
        maxLength={120}
        hint="On invoices, invitations and in this side bar."
        value={typedName}
        onChange={(event) => setTypedName(event.target.value)}
        error={state.fields?.['name']}
      />
      <InputField
        label="Address"
        name="slug"
        required
        maxLength={40}
        autoCapitalize="none"
        spellCheck={false}
        hint={`${siteUrl}/${typedSlug.trim()}`}
        value={typedSlug}
        onChange={(event) => setTypedSlug(event.target.value)}
        error={state.fields?.['slug']}
      />
      {typedSlug.trim() !== slug && (
        <Banner tone="warning">
          Links to <code className="font-mono">/{slug}</code> stop working at once, and another organization may take
          that address. Keys, budgets and invoices stay as they are.
        </Banner>
      )}
      <div className="flex items-center justify-end gap-3">
        {state.status === 'done' && isUnchanged && (
          <p role="status" className="text-[13px] text-accent">
            Saved
          </p>
        )}
        <SubmitButton pendingLabel="Saving…" disabled={isUnchanged}>
          Save
        </SubmitButton>
      </div>
    </form>
  )
}
