'use client'

import { useState, useTransition } from 'react'
import { Button } from '../../ui/button.tsx'
import type { StripePage } from './stripe-page.ts'

/** Asks for a page of Stripe's and goes there. Its address is good for one visit, so it is asked for when it is wanted. */
export const OpenStripeButton = ({
  open,
  label,
  tone,
}: {
  readonly open: () => Promise<StripePage>
  readonly label: string
  readonly tone: 'primary' | 'secondary'
}) => {
  const [problem, setProblem] = useState<string | null>(null)
  const [isPending, startTransition] = useTransition()
  const go = () =>
    startTransition(async () => {
      const page = await open()
      if ('url' in page) window.location.assign(page.url)
      else
        setProblem(
          'message' in page && page.message !== undefined ? page.message : 'Stripe could not be reached. Try again.',
        )
    })
  return (
    <div>
      <Button tone={tone} onClick={go} disabled={isPending}>
        {isPending ? 'Opening Stripe…' : label}
      </Button>
      {problem !== null && (
        <p role="alert" className="mt-2 text-sm text-danger">
          {problem}
        </p>
      )}
    </div>
  )
}
