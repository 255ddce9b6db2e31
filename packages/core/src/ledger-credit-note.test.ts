import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { postRefund, type PostingScope } from './ledger-cash.ts'
import { postCreditNote, postCreditToBalance, postResidue, taxPartOf } from './ledger-credit-note.ts'
import { assertBalanced, type LedgerPosting } from './ledger.ts'
import { PUSD_PER_CENT } from './money.ts'

const SCOPE: PostingScope = { orgId: 'org', period: '2026-11-01' }
const NOTE = { creditNoteId: 'cn', number: 'CN-acme-1', totalCents: 119n, taxCents: 19n }

const balancesOf = (...postings: readonly LedgerPosting[]): Readonly<Record<string, bigint>> => {
  const balances = new Map<string, bigint>()
  for (const posting of postings) {
    assertBalanced(posting)
    for (const { account, amountPusd } of posting.entries)
      balances.set(account, (balances.get(account) ?? 0n) + amountPusd / PUSD_PER_CENT)
  }
  return Object.fromEntries([...balances].filter(([, cents]) => cents !== 0n))
}

describe('a credit note', () => {
  it('lowers what the customer owes; the platform bears it and the state gets no tax of it', () => {
    expect(balancesOf(postCreditNote(SCOPE, NOTE))).toEqual({ absorbed: 100n, tax_payable: 19n, ar_open: -119n })
  })

  it('leaves no claim behind once it went back to the card or into the balance', () => {
    const refund = postRefund(SCOPE, { stripeRefundId: 're_1', amountCents: 119n, settles: 'ar_open' })
    expect(balancesOf(postCreditNote(SCOPE, NOTE), refund)).not.toHaveProperty('ar_open')
    expect(balancesOf(postCreditNote(SCOPE, NOTE), postCreditToBalance(SCOPE, NOTE))).toEqual({
      absorbed: 100n,
      tax_payable: 19n,
      prepaid_credit: -119n,
    })
  })

  it('has all of the tax in it when it takes back all of the invoice, and never more than its share', () => {
    const cents = fc.bigInt({ min: 0n, max: 1_000_000n })
    fc.assert(
      fc.property(cents, cents, fc.bigInt({ min: 0n, max: 10_000n }), (totalCents, taxCents, share) => {
        const whole = totalCents + taxCents
        expect(taxPartOf(whole, { totalCents, taxCents })).toBe(taxCents)
        const part = (whole * share) / 10_000n
        expect(taxPartOf(part, { totalCents, taxCents })).toBeLessThanOrEqual(part)
      }),
    )
  })
})

describe('a residue', () => {
  it('leaves what is carried over and is nobody’s debt', () => {
    const residue = { invoiceId: 'inv', number: 'N-1', amountPusd: 12n * PUSD_PER_CENT }
    expect(balancesOf(postResidue(SCOPE, residue))).toEqual({ written_off: 12n, carry_over: -12n })
  })
})
