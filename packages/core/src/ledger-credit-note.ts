import { ACCOUNTS, withoutZeros, type LedgerPosting } from './ledger.ts'
import type { PostingScope } from './ledger-cash.ts'
import { PUSD_PER_CENT, pusd } from './money.ts'

export interface CreditNoteFigures {
  readonly creditNoteId: string
  readonly number: string
  readonly totalCents: bigint
  /** The part of it that was tax. */
  readonly taxCents: bigint
}

/** An invoice claimed too much: the customer owes that much less, the platform bears it, and its tax is not owed to the state. */
export const postCreditNote = (scope: PostingScope, note: CreditNoteFigures): LedgerPosting => ({
  ...scope,
  naturalKey: `credit-note:${note.creditNoteId}`,
  kind: 'credit_note',
  memo: `Credit note ${note.number}`,
  entries: withoutZeros([
    { account: ACCOUNTS.absorbed, amountPusd: pusd((note.totalCents - note.taxCents) * PUSD_PER_CENT) },
    { account: ACCOUNTS.taxPayable, amountPusd: pusd(note.taxCents * PUSD_PER_CENT) },
    { account: ACCOUNTS.arOpen, amountPusd: pusd(-note.totalCents * PUSD_PER_CENT) },
  ]),
})

/** What a credit note left the customer with, because the invoice was paid, is theirs to use. A refund to the card is posted by `postRefund`. */
export const postCreditToBalance = (scope: PostingScope, note: Omit<CreditNoteFigures, 'taxCents'>): LedgerPosting => ({
  ...scope,
  naturalKey: `credit-note-balance:${note.creditNoteId}`,
  kind: 'credit_note',
  memo: `Credit note ${note.number}, to the balance`,
  entries: withoutZeros([
    { account: ACCOUNTS.arOpen, amountPusd: pusd(note.totalCents * PUSD_PER_CENT) },
    { account: ACCOUNTS.prepaidCredit, amountPusd: pusd(-note.totalCents * PUSD_PER_CENT) },
  ]),
})

/** The tax inside an amount with tax, in the proportion of the invoice; halves up. */
export const taxPartOf = (
  amountCents: bigint,
  invoice: { readonly taxCents: bigint; readonly totalCents: bigint },
): bigint => {
  const withTax = invoice.totalCents + invoice.taxCents
  return withTax === 0n ? 0n : (amountCents * invoice.taxCents * 2n + withTax) / (withTax * 2n)
}

/** What was carried forward and never reached the minimum charge of an organization that is gone. Its customer owes it to nobody. */
export const postResidue = (
  scope: PostingScope,
  residue: { readonly invoiceId: string; readonly number: string; readonly amountPusd: bigint },
): LedgerPosting => ({
  ...scope,
  naturalKey: `residue:${residue.invoiceId}`,
  kind: 'write_off',
  memo: `Carried forward by invoice ${residue.number}, written off`,
  entries: withoutZeros([
    { account: ACCOUNTS.writtenOff, amountPusd: pusd(residue.amountPusd) },
    { account: ACCOUNTS.carryOver, amountPusd: pusd(-residue.amountPusd) },
  ]),
})
