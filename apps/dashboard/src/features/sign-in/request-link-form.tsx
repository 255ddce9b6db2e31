'use client'

import { useActionState } from 'react'
import { InputField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { SubmitButton } from '../../ui/submit-button.tsx'
import { requestLinkAction, type LinkSentState } from './actions.ts'
import { MailSent } from './mail-sent.tsx'

interface RequestLinkFormProps {
  readonly purpose: 'magic-link' | 'reset-password'
  readonly next: string | null
}

const WORDS = {
  'magic-link': { submit: 'E-mail me a link', sent: 'Its link logs you in.' },
  'reset-password': { submit: 'E-mail me a link', sent: 'Its link lets you set a new password.' },
} as const

export const RequestLinkForm = ({ purpose, next }: RequestLinkFormProps) => {
  const [state, submit] = useActionState<LinkSentState, FormData>(requestLinkAction.bind(null, { purpose, next }), IDLE)
  if (state.email !== undefined) return <MailSent email={state.email}>{WORDS[purpose].sent}</MailSent>
  return (
    <form action={submit} className="space-y-4" noValidate>
      <Problem message={state.message} />
      <InputField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        required
        autoFocus
        defaultValue={state.values?.['email']}
        error={state.fields?.['email']}
      />
      <SubmitButton pendingLabel="Sending the link…" className="w-full">
        {WORDS[purpose].submit}
      </SubmitButton>
    </form>
  )
}
