'use client'

import { useState, useTransition, type SubmitEvent } from 'react'
import { Button } from '../../ui/button.tsx'
import { InputField } from '../../ui/field.tsx'
import { startTopUpAction } from './stripe-actions.ts'

/** Asks for Stripe's page of a top-up and goes there. */
export const TopUpForm = ({ orgSlug }: { readonly orgSlug: string }) => {
  const [problem, setProblem] = useState<string | undefined>()
  const [isPending, startTransition] = useTransition()
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    startTransition(async () => {
      const page = await startTopUpAction(orgSlug, form)
      if ('url' in page) window.location.assign(page.url)
      else setProblem(page.fields?.['amountCents'] ?? page.message ?? 'Stripe could not be reached. Try again.')
    })
  }
  return (
    <form onSubmit={submit} className="flex items-start gap-3" noValidate>
      <div className="w-40">
        <InputField label="Top up" name="amount" prefix="$" inputMode="decimal" defaultValue="50" error={problem} />
      </div>
      <Button type="submit" className="mt-[1.6rem]" disabled={isPending}>
        {isPending ? 'Opening Stripe…' : 'Pay at Stripe'}
      </Button>
    </form>
  )
}
