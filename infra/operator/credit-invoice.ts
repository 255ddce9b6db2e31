import { formatUsd, PUSD_PER_CENT, pusd } from '@atpar/core/money'
import type { Pool } from '@atpar/db/pool'
import { readClockOffset } from '../../apps/worker/src/clock.ts'
import { issueCreditNote, type IssuedCreditNote } from '../../apps/worker/src/collect/issue-credit-note.ts'
import { toCents } from './refund-payment.ts'

export interface CreditRequest {
  /** Connects as the worker's role. */
  readonly pool: Pool
  readonly invoiceNumber: string
  /** Decimal dollars, with tax. */
  readonly amount: string
  readonly reason: string
  /** Where it goes when the invoice is paid. */
  readonly to: 'refund' | 'balance'
  readonly log: (line: string) => void
}

const WHAT_HAPPENS: Readonly<Record<IssuedCreditNote['way'], string>> = {
  lowers_due: 'is taken off what is still to be paid',
  refund: 'goes back to the card: the worker asks Stripe within seconds',
  balance: 'is in the prepaid balance',
}

/** Issues a credit note for an invoice. Said twice in the same words it is the same credit note. */
export const creditInvoice = async (request: CreditRequest): Promise<IssuedCreditNote> => {
  const { pool, invoiceNumber, reason, to, log } = request
  const amountCents = toCents(request.amount)
  const nowMs = Date.now() + (await readClockOffset(pool))
  const issued = await issueCreditNote(pool, { invoiceNumber, amountCents, reason, to, issuedBy: 'operator', nowMs })
  const dollars = `$${formatUsd(pusd(amountCents * PUSD_PER_CENT), 2)}`
  log(
    issued.isNew
      ? `Issued ${issued.number}: ${dollars} of invoice ${invoiceNumber} ${WHAT_HAPPENS[issued.way]}.`
      : `Was issued before as ${issued.number}: nothing was done. A second one of the same amount needs a reason of its own.`,
  )
  return issued
}
