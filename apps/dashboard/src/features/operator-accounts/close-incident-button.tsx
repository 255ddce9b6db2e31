'use client'

import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { InputField } from '../../ui/field.tsx'
import { closeIncidentAction } from './actions.ts'

export const CloseIncidentButton = ({
  incidentId,
  summary,
}: {
  readonly incidentId: string
  readonly summary: string
}) => (
  <ConfirmButton
    label="Close"
    spokenLabel={`Close: ${summary}`}
    tone="secondary"
    title="Close this incident?"
    consequence="The difference stands with your name and reason, and no longer keeps invoices from being issued. Any other difference of that day opens a new incident."
    confirmLabel="Close the incident"
    pendingLabel="Closing…"
    action={closeIncidentAction.bind(null, incidentId)}
  >
    <InputField label="Why it can stand" name="reason" required maxLength={500} autoComplete="off" />
  </ConfirmButton>
)
