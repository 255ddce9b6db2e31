import { PUSD_PER_CENT, ZERO_PUSD, addPusd, pusd, type Pusd } from './money.ts'

/** Double entry in pico-USD: debit positive, credit negative, every transaction sums to zero. */
export interface LedgerEntry {
  readonly account: string
  readonly amountPusd: Pusd
}

/** The table's check knows the same words. */
export type LedgerKind =
  | 'usage'
  | 'invoice'
  | 'tax'
  | 'payment'
  | 'fee'
  | 'refund'
  | 'dispute'
  | 'topup'
  | 'prepaid_use'
  | 'promo'
  | 'credit_note'
  | 'write_off'
  | 'adjustment'

export interface LedgerPosting {
  /** What it stands for. Posting the same thing twice is refused by this, for ever. */
  readonly naturalKey: string
  readonly kind: LedgerKind
  readonly orgId: string
  /** `YYYY-MM-01`. */
  readonly period: string
  readonly memo: string
  readonly entries: readonly LedgerEntry[]
}

export const ACCOUNTS = {
  unbilledUsage: 'unbilled_usage',
  arOpen: 'ar_open',
  carryOver: 'carry_over',
  /** What the customer paid in advance: ours to owe, so its balance is a credit. */
  prepaidCredit: 'prepaid_credit',
  /** What was given to the customer to use. */
  promoCredit: 'promo_credit',
  /** Taken back by a cardholder's bank and not yet decided. */
  disputed: 'disputed',
  writtenOff: 'written_off',
  absorbed: 'absorbed',
  /** The platform's money at Stripe, in transit to its bank. */
  cashStripe: 'cash:stripe',
  stripeFees: 'stripe_fees',
  /** Given back out of the platform's own pocket. */
  refunds: 'refunds',
  taxPayable: 'tax_payable',
  /** Said to be paid elsewhere; zero once somebody has seen the money. */
  clearingOutOfBand: 'clearing:out_of_band',
} as const

const PROVIDER_PREFIX = 'provider_payable:'
export const providerAccount = (provider: string): string => `${PROVIDER_PREFIX}${provider}`

/** One UTC day of one provider inside the period whose invoice bills it. */
export interface UsageDay {
  readonly orgId: string
  /** `YYYY-MM-01`. */
  readonly period: string
  /** `YYYY-MM-DD`. */
  readonly day: string
  readonly provider: string
}

export interface UsageSums {
  readonly billedPusd: Pusd
  readonly absorbedPusd: Pusd
}

/** Entries of nothing say nothing. */
export const withoutZeros = (entries: readonly LedgerEntry[]): readonly LedgerEntry[] =>
  entries.filter((entry) => entry.amountPusd !== 0n)

/** All natural keys of a day begin like this; what follows counts how often it was topped up. */
export const usageKeyPrefix = (day: UsageDay): string => `usage:${day.orgId}:${day.period}:${day.day}:${day.provider}:`

/**
 * What is missing in the ledger for one day: roll-ups minus what was posted so far. Posting the difference, not the day, makes it safe to run
 * at any time and any number of times. Null when nothing is missing.
 */
export const postUsageDifference = (
  day: UsageDay,
  rollup: UsageSums,
  posted: UsageSums & { readonly count: number },
): LedgerPosting | null => {
  const billed = pusd(rollup.billedPusd - posted.billedPusd)
  const absorbed = pusd(rollup.absorbedPusd - posted.absorbedPusd)
  if (billed === 0n && absorbed === 0n) return null
  return {
    naturalKey: `${usageKeyPrefix(day)}${posted.count + 1}`,
    kind: 'usage',
    orgId: day.orgId,
    period: day.period,
    memo: `Usage of ${day.provider} on ${day.day}`,
    entries: withoutZeros([
      { account: ACCOUNTS.unbilledUsage, amountPusd: billed },
      { account: ACCOUNTS.absorbed, amountPusd: absorbed },
      { account: providerAccount(day.provider), amountPusd: pusd(-(billed + absorbed)) },
    ]),
  }
}

export interface InvoiceFigures {
  readonly orgId: string
  readonly period: string
  readonly sequence: number
  readonly number: string
  readonly usagePusd: Pusd
  /** What of the usage interim invoices have claimed before. */
  readonly interimPusd: Pusd
  readonly carryInPusd: Pusd
  readonly carryOutPusd: Pusd
  readonly totalCents: bigint
}

/** Freezing an invoice: unbilled usage becomes a whole-cent claim, and what is left over moves in or out of `carry_over`. */
export const postInvoice = (invoice: InvoiceFigures): LedgerPosting => ({
  naturalKey: `invoice:${invoice.orgId}:${invoice.period}:${invoice.sequence}`,
  kind: 'invoice',
  orgId: invoice.orgId,
  period: invoice.period,
  memo: `Invoice ${invoice.number}`,
  entries: withoutZeros([
    { account: ACCOUNTS.arOpen, amountPusd: pusd(invoice.totalCents * PUSD_PER_CENT) },
    { account: ACCOUNTS.carryOver, amountPusd: pusd(invoice.carryOutPusd - invoice.carryInPusd) },
    { account: ACCOUNTS.unbilledUsage, amountPusd: pusd(invoice.interimPusd - invoice.usagePusd) },
  ]),
})

/** An interim invoice claims whole cents of what is unbilled; nothing is carried, because its month goes on. */
export const postInterimInvoice = (
  invoice: Pick<InvoiceFigures, 'orgId' | 'period' | 'sequence' | 'number' | 'totalCents'>,
): LedgerPosting => {
  const claim = pusd(invoice.totalCents * PUSD_PER_CENT)
  return postInvoice({
    ...invoice,
    usagePusd: claim,
    interimPusd: ZERO_PUSD,
    carryInPusd: ZERO_PUSD,
    carryOutPusd: ZERO_PUSD,
  })
}

/** @throws RangeError when the entries do not sum to zero; the database refuses it too, at commit. */
export const assertBalanced = (posting: LedgerPosting): void => {
  const sum = addPusd(...posting.entries.map((entry) => entry.amountPusd))
  if (sum !== 0n) throw new RangeError(`Ledger posting ${posting.naturalKey} is off balance by ${sum} pUSD`)
}
