'use client'

import { Plus } from 'lucide-react'
import { FormDialog } from '../../reauth/form-dialog.tsx'
import { GuardedConfirmButton } from '../../reauth/guarded-confirm-button.tsx'
import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { TestButton } from '../../ui/test-button.tsx'
import {
  removeEndpointAction,
  removeModelAction,
  renameEndpointAction,
  replaceEndpointAction,
  setModelAction,
  switchEndpointAction,
  testEndpointAction,
} from './actions.ts'
import { ModelFields, NameFields, SecretFields, type TypedModel } from './endpoint-fields.tsx'

interface EndpointButtonsProps {
  readonly orgSlug: string
  readonly endpointId: string
  readonly name: string
  readonly label: string
  readonly status: 'active' | 'disabled' | 'refused'
  readonly baseUrl: string
  readonly headerNames: readonly string[]
  readonly modelCount: number
}

const modelsOf = ({ name, modelCount }: EndpointButtonsProps): string =>
  modelCount === 1 ? `the model of “${name}”` : `the ${modelCount} models of “${name}”`

export const EndpointButtons = (props: EndpointButtonsProps) => {
  const { orgSlug, endpointId, name, label, status, baseUrl, headerNames } = props
  const address = { orgSlug, endpointId }
  const isOff = status !== 'active'
  return (
    <div className="-mx-3 flex flex-wrap items-center">
      <TestButton label={label} action={testEndpointAction.bind(null, address)} />
      <FormDialog
        label="Rename"
        spokenLabel={`Rename ${label}`}
        title={`Rename “${label}”`}
        description="A new name renames its models within seconds: whoever still sends the old one is told that there is no such model, and keys and budgets that name it keep the old name."
        submitLabel="Save"
        pendingLabel="Saving…"
        action={renameEndpointAction.bind(null, address)}
      >
        {(fields) => <NameFields fields={fields} name={name} label={label} />}
      </FormDialog>
      <FormDialog
        label="Replace access"
        spokenLabel={`Replace the access of ${label}`}
        title={`Replace address, key and headers of “${label}”`}
        description="Calls use the new ones within seconds; the old key and headers are gone from here for good, so enter all of them."
        submitLabel="Replace"
        pendingLabel="Sealing…"
        action={replaceEndpointAction.bind(null, address)}
      >
        {(fields) => <SecretFields fields={fields} baseUrl={baseUrl} headerNames={headerNames} />}
      </FormDialog>
      <ConfirmButton
        label={isOff ? 'Switch on' : 'Switch off'}
        spokenLabel={`${isOff ? 'Switch on' : 'Switch off'} ${label}`}
        title={isOff ? `Switch “${label}” on?` : `Switch “${label}” off?`}
        consequence={
          isOff
            ? `Within seconds, calls to ${modelsOf(props)} go to it again.`
            : `Within seconds, calls to ${modelsOf(props)} are refused. Its key stays sealed.`
        }
        confirmLabel={isOff ? 'Switch on' : 'Switch off'}
        pendingLabel="Switching…"
        action={switchEndpointAction.bind(null, { ...address, enabled: isOff })}
      />
      <GuardedConfirmButton
        label="Remove"
        spokenLabel={`Remove ${label}`}
        title={`Remove “${label}”?`}
        consequence={`Within seconds, whoever calls ${modelsOf(props)} is told that there is no such model. The sealed key is destroyed and cannot be brought back; what went over it stays on record.`}
        confirmLabel="Remove endpoint"
        pendingLabel="Removing…"
        keepLabel="Keep it"
        action={removeEndpointAction.bind(null, address)}
      />
    </div>
  )
}

interface ModelDialogProps {
  readonly orgSlug: string
  readonly endpointId: string
  readonly endpointName: string
  readonly takesEmbeddings: boolean
  readonly known: TypedModel | null
}

export const ModelDialog = ({ orgSlug, endpointId, endpointName, takesEmbeddings, known }: ModelDialogProps) => (
  <FormDialog
    label={
      known === null ? (
        <>
          <Plus aria-hidden /> Add model
        </>
      ) : (
        'Edit'
      )
    }
    tone={known === null ? 'secondary' : 'quiet'}
    spokenLabel={known === null ? `Add a model to ${endpointName}` : `Edit ${known.name}`}
    title={known === null ? `Add a model to “${endpointName}”` : `Edit custom/${endpointName}/${known.name}`}
    description="Your keys can call it within seconds."
    submitLabel={known === null ? 'Add model' : 'Save'}
    pendingLabel="Saving…"
    action={setModelAction.bind(null, { orgSlug, endpointId })}
  >
    {(fields) => (
      <ModelFields fields={fields} endpointName={endpointName} takesEmbeddings={takesEmbeddings} known={known} />
    )}
  </FormDialog>
)

export const RemoveModelButton = ({
  orgSlug,
  endpointId,
  modelId,
  name,
}: {
  readonly orgSlug: string
  readonly endpointId: string
  readonly modelId: string
  readonly name: string
}) => (
  <ConfirmButton
    label="Remove"
    spokenLabel={`Remove ${modelId}`}
    title={`Remove ${modelId}?`}
    consequence="Within seconds, whoever calls it is told that there is no such model. What it answered stays on record."
    confirmLabel="Remove model"
    pendingLabel="Removing…"
    action={removeModelAction.bind(null, { orgSlug, endpointId, name })}
  />
)
