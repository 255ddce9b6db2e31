'use client'

import { ConfirmButton } from '../../ui/confirm-button.tsx'
import { redoCreditNoteAction } from './actions.ts'

export const RedoCreditNoteButton = ({
  creditNoteId,
  number,
  isRefundRefused,
}: {
  readonly creditNoteId: string
  readonly number: string
  readonly isRefundRefused: boolean
}) => (
  <ConfirmButton
    label={isRefundRefused ? 'Put into the balance' : 'Try again'}
    spokenLabel={`${isRefundRefused ? 'Put into the balance' : 'Try again'}: ${number}`}
    tone="secondary"
    title={isRefundRefused ? `Put ${number} into the prepaid balance?` : `Try ${number} again?`}
    consequence={
      isRefundRefused
        ? 'The card did not take the money back. The customer has it as prepaid balance instead, and the next invoices are paid from it.'
        : 'Stripe is asked anew within a minute. One that was made there already is found and not made twice.'
    }
    confirmLabel={isRefundRefused ? 'Put it into the balance' : 'Try again'}
    pendingLabel="One moment…"
    action={redoCreditNoteAction.bind(null, creditNoteId)}
  />
)
