'use client'

import { Plus } from 'lucide-react'
import { useActionState, useEffect, useState } from 'react'
import type { GuardAction, GuardPolicy } from '@atpar/core/guardrails'
import type { GuardrailLevel } from '../../acts/guardrails/list-guardrail-levels.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { InputField, SelectField, TextAreaField } from '../../ui/field.tsx'
import { IDLE } from '../../ui/form-state.ts'
import { KeptForm } from '../../ui/kept-form.tsx'
import { setGuardrailAction } from './actions.ts'
import { LevelField } from './level-field.tsx'
import { ACTION_WORDS } from './words.ts'

const ACTIONS: readonly GuardAction[] = ['off', 'warn', 'redact', 'block']

interface ActionFieldProps {
  readonly label: string
  readonly name: string
  readonly value: GuardAction
  readonly hint: string
  readonly actions?: readonly GuardAction[]
}

const ActionField = ({ label, name, value, hint, actions = ACTIONS }: ActionFieldProps) => (
  <SelectField label={label} name={name} defaultValue={value} hint={hint}>
    {actions.map((action) => (
      <option key={action} value={action}>
        {ACTION_WORDS[action]}
      </option>
    ))}
  </SelectField>
)

const TextRules = ({ policy }: { readonly policy: GuardPolicy }) => (
  <>
    <div className="grid gap-4 sm:grid-cols-2">
      <ActionField
        label="Personal data"
        name="personalData"
        value={policy.personalData}
        hint="E-mail, phone, card, bank account."
      />
      <ActionField label="Credentials" name="secrets" value={policy.secrets} hint="API keys, tokens, private keys." />
      <ActionField
        label="Prompt injection"
        name="injection"
        value={policy.injection}
        hint="Known phrases; a hint, no proof."
        actions={['off', 'warn', 'block']}
      />
      <ActionField
        label="Blocked terms"
        name="blockedTermsAction"
        value={policy.blockedTermsAction}
        hint="Those below, whole words in any case."
      />
    </div>
    <TextAreaField
      label="Terms"
      name="blockedTerms"
      optional
      rows={2}
      placeholder="One a line"
      defaultValue={policy.blockedTerms.join('\n')}
    />
    <label className="flex items-start gap-2.5 text-sm">
      <input type="checkbox" name="answers" defaultChecked={policy.answers} className="mt-0.5 size-4 accent-accent" />
      <span>
        Look through answers too
        <span className="block text-[13px] leading-snug text-muted">
          An answer that is withheld was written by the provider, so it is billed.
        </span>
      </span>
    </label>
  </>
)

const Bounds = ({ policy }: { readonly policy: GuardPolicy }) => (
  <details className="group rounded-lg border px-3.5 py-2.5 open:pb-4">
    <summary className="cursor-pointer text-[13px] font-medium text-muted group-open:text-ink">
      Models, parameters, length, cache
    </summary>
    <div className="mt-3 grid gap-4 sm:grid-cols-2">
      <InputField
        label="Only these models"
        name="allowedModels"
        optional
        placeholder="Every model"
        defaultValue={policy.allowedModels.join(', ')}
      />
      <InputField
        label="Refused parameters"
        name="refusedParameters"
        optional
        placeholder="logit_bias"
        defaultValue={policy.refusedParameters.join(', ')}
      />
      <InputField
        label="Answers at most"
        name="maxOutputTokens"
        optional
        inputMode="numeric"
        suffix="tokens"
        defaultValue={policy.maxOutputTokens ?? ''}
      />
      <InputField
        label="Keep answers"
        name="cacheSeconds"
        optional
        inputMode="numeric"
        suffix="seconds"
        hint="The same request of the same key again costs nothing."
        defaultValue={policy.cacheSeconds ?? ''}
      />
    </div>
  </details>
)

interface GuardrailDialogProps {
  readonly orgSlug: string
  /** Those it can be set for, or the one whose guardrail is changed. */
  readonly levels: readonly Pick<GuardrailLevel, 'scope' | 'scopeId' | 'name'>[]
  readonly policy: GuardPolicy
  /** Of an existing one, as people call it: “the team Research”. */
  readonly edited?: string
}

const GuardrailForm = ({
  orgSlug,
  levels,
  policy,
  edited,
  onDone,
}: GuardrailDialogProps & { readonly onDone: () => void }) => {
  const [state, submit, isPending] = useActionState(setGuardrailAction.bind(null, orgSlug), IDLE)
  useEffect(() => {
    if (state.status === 'done') onDone()
  }, [state, onDone])
  const [only] = levels
  return (
    <KeptForm
      submit={submit}
      isPending={isPending}
      message={state.message}
      submitLabel={edited === undefined ? 'Set guardrail' : 'Save'}
      pendingLabel="Saving…"
      onCancel={onDone}
    >
      {edited === undefined ? (
        <LevelField label="For the requests of" levels={levels} />
      ) : (
        <input type="hidden" name="level" value={only === undefined ? '' : `${only.scope} ${only.scopeId}`} />
      )}
      <TextRules policy={policy} />
      <Bounds policy={policy} />
    </KeptForm>
  )
}

/** Sets a guardrail, or changes one. */
export const GuardrailDialog = (props: GuardrailDialogProps) => {
  const { edited } = props
  const [isOpen, setIsOpen] = useState(false)
  const [close] = useState(() => () => setIsOpen(false))
  return (
    <>
      <Button
        tone={edited === undefined ? 'primary' : 'quiet'}
        size={edited === undefined ? 'medium' : 'small'}
        onClick={() => setIsOpen(true)}
        {...(edited === undefined ? {} : { 'aria-label': `Change the guardrail of ${edited}` })}
      >
        {edited === undefined ? (
          <>
            <Plus aria-hidden /> Add guardrail
          </>
        ) : (
          'Change'
        )}
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={close}
        title={edited === undefined ? 'Add a guardrail' : `The guardrail of ${edited}`}
        description="Binds every request below it within seconds. Of all levels above a key the stricter rule wins."
      >
        <GuardrailForm {...props} onDone={close} />
      </Dialog>
    </>
  )
}
