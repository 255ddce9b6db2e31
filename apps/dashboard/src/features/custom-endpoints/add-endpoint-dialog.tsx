'use client'

import { Plus } from 'lucide-react'
import { FormDialog } from '../../reauth/form-dialog.tsx'
import { addEndpointAction } from './actions.ts'
import { NameFields, SecretFields, ShapeField } from './endpoint-fields.tsx'

export const AddEndpointDialog = ({ orgSlug }: { readonly orgSlug: string }) => (
  <FormDialog
    label={
      <>
        <Plus aria-hidden /> Add endpoint
      </>
    }
    tone="primary"
    size="medium"
    title="Add an endpoint of your own"
    description="A server of yours, or a provider that is not in the catalogue. Only your organization can call it."
    submitLabel="Add endpoint"
    pendingLabel="Sealing…"
    action={addEndpointAction.bind(null, orgSlug)}
  >
    {(fields) => (
      <>
        <NameFields fields={fields} />
        <ShapeField fields={fields} />
        <SecretFields fields={fields} />
      </>
    )}
  </FormDialog>
)
