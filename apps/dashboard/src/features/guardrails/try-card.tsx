'use client'

import { startTransition, useActionState } from 'react'
import type { GuardrailLevel } from '../../acts/guardrails/list-guardrail-levels.ts'
import type { GuardTrial } from '../../acts/guardrails/try-guardrails.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { TextAreaField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { Problem } from '../../ui/problem.tsx'
import { tryGuardrailsAction, type TrialState } from './actions.ts'
import { LevelField } from './level-field.tsx'
import { describeFinding } from './words.ts'

const Trial = ({
  title,
  trial,
  refused,
}: {
  readonly title: string
  readonly trial: GuardTrial
  readonly refused: string
}) => (
  <div className="rounded-lg border px-4 py-3">
    <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
      {title}
      {trial.findings.length === 0 && <Badge tone="good">Passes as it is</Badge>}
      {trial.findings.map((finding) => {
        const { text, tone } = describeFinding(finding)
        return (
          <Badge key={text} tone={tone}>
            {text}
          </Badge>
        )
      })}
    </p>
    {trial.findings.length > 0 && (
      <p className="mt-2 text-[13px] leading-relaxed break-words whitespace-pre-wrap text-muted">
        {trial.isRefused ? refused : trial.text}
      </p>
    )}
  </div>
)

interface TryCardProps {
  readonly orgSlug: string
  readonly levels: readonly GuardrailLevel[]
}

/** What guardrails would do to a text, without a model being asked. */
export const TryCard = ({ orgSlug, levels }: TryCardProps) => {
  const [state, submit, isPending] = useActionState<TrialState, FormData>(tryGuardrailsAction.bind(null, orgSlug), IDLE)
  return (
    <Card title="Try a text" detail="What everything above a level would do to it. No model is asked, nothing is kept.">
      <form
        onSubmit={(event) => {
          // React empties a form after its action; here the text stays to be changed.
          event.preventDefault()
          const typed = new FormData(event.currentTarget)
          startTransition(() => submit(typed))
        }}
        className="space-y-4"
        noValidate
      >
        <Problem message={state.message} />
        <LevelField label="As a request of" levels={levels} />
        <TextAreaField
          label="Text"
          name="text"
          rows={3}
          placeholder="Write to ada@example.com"
          error={state.fields?.['text']}
        />
        <div className="flex justify-end">
          <Button type="submit" tone="secondary" disabled={isPending} aria-busy={isPending}>
            {isPending ? 'Looking…' : 'Try it'}
          </Button>
        </div>
      </form>
      {state.trials !== undefined && (
        <div className="mt-4 space-y-3" aria-live="polite">
          <Trial
            title="In a request"
            trial={state.trials.request}
            refused="The request is refused before it reaches a provider, and costs nothing."
          />
          {state.trials.answer !== null && (
            <Trial
              title="In an answer"
              trial={state.trials.answer}
              refused="The answer is withheld. It was written, so it is billed."
            />
          )}
        </div>
      )}
    </Card>
  )
}
