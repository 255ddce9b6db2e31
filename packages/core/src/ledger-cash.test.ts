import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  postDisputeLoss,
  postDisputeReinstatement,
  postDisputeWithdrawal,
  postFee,
  postPayment,
  postPaymentOutOfBand,
  postRecovery,
  postRefund,
  postRefundFailure,
  postTax,
  postVoid,
  postWriteOff,
} from './ledger-cash.ts'
import { allotPrepaid, postPrepaidUse, postTopUp, STRIPE_MINIMUM_CENTS } from './ledger-prepaid.ts'
import { assertBalanced, postInvoice, type LedgerPosting } from './ledger.ts'
import { PUSD_PER_CENT, pusd, ZERO_PUSD } from './money.ts'

const SCOPE = { orgId: 'org', period: '2026-11-01' }
const INVOICE = { invoiceId: 'inv', number: 'N-1' }

const balancesOf = (postings: readonly LedgerPosting[]): Readonly<Record<string, bigint>> => {
  const balances = new Map<string, bigint>()
  for (const posting of postings) {
    assertBalanced(posting)
    for (const { account, amountPusd } of posting.entries)
      balances.set(account, (balances.get(account) ?? 0n) + amountPusd)
  }
  return Object.fromEntries([...balances].filter(([, amount]) => amount !== 0n).map(([a, n]) => [a, n / PUSD_PER_CENT]))
}

const issued = (totalCents: bigint): LedgerPosting =>
  postInvoice({
    ...SCOPE,
    sequence: 1,
    number: 'N-1',
    usagePusd: pusd(totalCents * PUSD_PER_CENT),
    interimPusd: pusd(0n),
    carryInPusd: ZERO_PUSD,
    carryOutPusd: ZERO_PUSD,
    totalCents,
  })

const paid = (amountCents: bigint): readonly LedgerPosting[] => [
  postPayment(SCOPE, { chargeId: 'ch_1', amountCents, number: 'N-1' }),
  postFee(SCOPE, { balanceTransactionId: 'txn_1', feeCents: 59n }),
]

describe('postings of money that moved', () => {
  it('end a claim when it is paid, with its tax owed on and the fee borne by the platform', () => {
    expect(balancesOf([issued(1000n), postTax(SCOPE, { ...INVOICE, taxCents: 190n }), ...paid(1190n)])).toEqual({
      unbilled_usage: -1000n,
      tax_payable: -190n,
      'cash:stripe': 1131n,
      stripe_fees: 59n,
    })
  })

  it('give money back from our own pocket, or from a claim that a credit note lowered', () => {
    const refund = { stripeRefundId: 're_1', amountCents: 300n }
    expect(balancesOf([...paid(1000n), postRefund(SCOPE, { ...refund, settles: 'refunds' })])).toEqual({
      ar_open: -1000n,
      'cash:stripe': 641n,
      refunds: 300n,
      stripe_fees: 59n,
    })
    expect(balancesOf([...paid(1000n), postRefund(SCOPE, { ...refund, settles: 'ar_open' })])).toMatchObject({
      ar_open: -700n,
    })
  })

  it('undo a refund that came back', () => {
    const refund = { stripeRefundId: 're_1', amountCents: 300n, settles: 'refunds' as const }
    expect(balancesOf([postRefund(SCOPE, refund), postRefundFailure(SCOPE, refund)])).toEqual({})
  })

  it('hold what is disputed apart until it is won or lost', () => {
    const taken = { stripeDisputeId: 'dp_1', balanceTransactionId: 'txn_2', amountCents: 1000n }
    const withdrawn = [...paid(1000n), postDisputeWithdrawal(SCOPE, taken)]
    expect(balancesOf(withdrawn)).toMatchObject({ disputed: 1000n, 'cash:stripe': -59n })
    const back = postDisputeReinstatement(SCOPE, { ...taken, balanceTransactionId: 'txn_3' })
    expect(balancesOf([...withdrawn, back])).toEqual({ ar_open: -1000n, 'cash:stripe': 941n, stripe_fees: 59n })
    const lost = postDisputeLoss(SCOPE, taken)
    expect(balancesOf([...withdrawn, lost])).toEqual({
      ar_open: -1000n,
      'cash:stripe': -59n,
      stripe_fees: 59n,
      written_off: 1000n,
    })
  })

  it('write a claim off and put it back when it is paid after all', () => {
    const claim = { ...INVOICE, openCents: 1000n }
    const given = [issued(1000n), postWriteOff(SCOPE, claim)]
    expect(balancesOf(given)).toEqual({ unbilled_usage: -1000n, written_off: 1000n })
    expect(balancesOf([...given, postRecovery(SCOPE, claim), ...paid(1000n)])).toEqual({
      unbilled_usage: -1000n,
      'cash:stripe': 941n,
      stripe_fees: 59n,
    })
  })

  it('owe no tax on an invoice that was voided', () => {
    const tax = postTax(SCOPE, { ...INVOICE, taxCents: 190n })
    expect(balancesOf([issued(1000n), tax, postVoid(SCOPE, { ...INVOICE, openCents: 1190n, taxCents: 190n })])).toEqual(
      { unbilled_usage: -1000n, written_off: 1000n },
    )
  })

  it('call money that nobody here has seen by its own name', () => {
    const posting = postPaymentOutOfBand(SCOPE, { stripeInvoiceId: 'in_1', amountCents: 1000n, number: 'N-1' })
    expect(balancesOf([issued(1000n), posting])).toEqual({ unbilled_usage: -1000n, 'clearing:out_of_band': 1000n })
  })

  it('are named after what Stripe calls the thing, so that the same one is refused', () => {
    expect(paid(1n)[0]?.naturalKey).toBe('payment:ch_1')
    expect(postTopUp(SCOPE, { paymentIntentId: 'pi_1', amountCents: 1n }).naturalKey).toBe('topup:pi_1')
  })
})

describe('prepaid balance', () => {
  it('is credited by a top-up and used by an invoice', () => {
    expect(
      balancesOf([
        postTopUp(SCOPE, { paymentIntentId: 'pi_1', amountCents: 2500n }),
        issued(1000n),
        postPrepaidUse(SCOPE, { ...INVOICE, cents: 1000n }),
      ]),
    ).toEqual({ 'cash:stripe': 2500n, prepaid_credit: -1500n, unbilled_usage: -1000n })
  })

  it('pays what it can, and never leaves a rest that cannot be charged', () => {
    expect(allotPrepaid(1000n, 400n)).toBe(400n)
    expect(allotPrepaid(1000n, 5000n)).toBe(1000n)
    expect(allotPrepaid(1000n, 980n)).toBe(950n)
    expect(allotPrepaid(40n, 30n)).toBe(0n)
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10_000n }), fc.bigInt({ min: -100n, max: 10_000n }), (total, balance) => {
        const used = allotPrepaid(total, balance)
        expect(used >= 0n && used <= total && (used === 0n || used <= balance)).toBe(true)
        if (total >= STRIPE_MINIMUM_CENTS && used < total)
          expect(total - used).toBeGreaterThanOrEqual(STRIPE_MINIMUM_CENTS)
      }),
    )
  })
})
