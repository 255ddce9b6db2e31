'use client'

import { useState, useTransition } from 'react'
import { Button } from '../../ui/button.tsx'
import { redoEventAction } from './actions.ts'

export const RedoButton = ({ eventId }: { readonly eventId: string }) => {
  const [problem, setProblem] = useState<string | null>(null)
  const [isPending, startTransition] = useTransition()
  const redo = () =>
    startTransition(async () => {
      const { status, message } = await redoEventAction(eventId)
      setProblem(status === 'failed' ? (message ?? 'That did not work.') : null)
    })
  return (
    <div>
      <Button size="small" tone="secondary" onClick={redo} disabled={isPending} aria-label={`Read again ${eventId}`}>
        {isPending ? 'Reading…' : 'Read again'}
      </Button>
      {problem !== null && (
        <p role="alert" className="mt-1 text-[13px] text-danger">
          {problem}
        </p>
      )}
    </div>
  )
}
