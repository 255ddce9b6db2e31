'use client'

import { Gauge } from 'lucide-react'
import { useActionState, useEffect, useState } from 'react'
import type { LimitScope } from '@atpar/core/quota'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { InputField } from '../ui/field.tsx'
import { IDLE } from '../ui/form-state.ts'
import { KeptForm } from '../ui/kept-form.tsx'
import { setRateLimitAction } from './actions.ts'

export interface EditedRate {
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
  readonly concurrency: number | null
  /** Which requests it counts: this says which limit it is, so it stays. */
  readonly modelId: string | null
  readonly tag: string | null
}

interface RateDialogProps {
  readonly orgSlug: string
  readonly holderName: string
  readonly scope: LimitScope
  readonly scopeId: string
  /** What stands now; absent when none does. */
  readonly edited?: EditedRate
}

const RATE_INPUTS = [
  { label: 'Requests', name: 'requestsPerMinute', suffix: '/ minute' },
  { label: 'Tokens', name: 'tokensPerMinute', suffix: '/ minute' },
  { label: 'At the same time', name: 'concurrency', suffix: 'requests' },
] as const

const RateForm = ({ orgSlug, scope, scopeId, edited, onDone }: RateDialogProps & { readonly onDone: () => void }) => {
  const [state, submit, isPending] = useActionState(setRateLimitAction.bind(null, { orgSlug, scope, scopeId }), IDLE)
  useEffect(() => {
    if (state.status === 'done') onDone()
  }, [state, onDone])
  return (
    <KeptForm
      submit={submit}
      isPending={isPending}
      message={state.message}
      submitLabel="Save"
      pendingLabel="Saving…"
      onCancel={onDone}
    >
      {RATE_INPUTS.map(({ label, name, suffix }) => (
        <InputField
          key={name}
          label={label}
          name={name}
          optional
          inputMode="numeric"
          suffix={suffix}
          placeholder="No limit"
          defaultValue={edited?.[name] ?? undefined}
          error={state.fields?.[name]}
        />
      ))}
      {edited === undefined ? (
        <details className="group rounded-lg border px-3.5 py-2.5 open:pb-4">
          <summary className="cursor-pointer text-[13px] font-medium text-muted group-open:text-ink">
            One model or tag
          </summary>
          <div className="mt-3 grid gap-4 sm:grid-cols-2">
            <InputField
              label="Only this model"
              name="modelId"
              optional
              placeholder="Every model"
              error={state.fields?.['modelId']}
            />
            <InputField
              label="Only this tag"
              name="tag"
              optional
              placeholder="Every request"
              error={state.fields?.['tag']}
            />
          </div>
        </details>
      ) : (
        <>
          <input type="hidden" name="modelId" value={edited.modelId ?? ''} />
          <input type="hidden" name="tag" value={edited.tag ?? ''} />
        </>
      )}
    </KeptForm>
  )
}

/** Requests and tokens a minute and requests at the same time. */
export const RateDialog = (props: RateDialogProps) => {
  const [isOpen, setIsOpen] = useState(false)
  const [close] = useState(() => () => setIsOpen(false))
  return (
    <>
      <Button
        tone={props.edited === undefined ? 'secondary' : 'quiet'}
        size="small"
        onClick={() => setIsOpen(true)}
        {...(props.edited === undefined ? {} : { 'aria-label': `Change the rate limit of ${props.holderName}` })}
      >
        {props.edited === undefined ? (
          <>
            <Gauge aria-hidden /> Rate limit
          </>
        ) : (
          'Change'
        )}
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={close}
        title={`Rate limit of ${props.holderName}`}
        description="Above it a request is answered with 429 and when to try again; official SDKs wait and do so."
      >
        <RateForm {...props} onDone={close} />
      </Dialog>
    </>
  )
}
