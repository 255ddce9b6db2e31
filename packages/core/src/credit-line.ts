import { pusd, ZERO_PUSD, type Pusd } from './money.ts'

/**
 * How much an organization may owe: usage not billed yet plus invoices not paid yet, minus what it paid in advance. A pure function of what it paid
 * before, so that the same history always gives the same line (research A9, "credit risk").
 */
export interface CreditHistory {
  /** What it was given on the day it was founded: enough to try, and nothing where money is real. */
  readonly starterPusd: Pusd
  /** What an operator granted; null = nobody did. Raises the line, never lowers it. */
  readonly grantedPusd: Pusd | null
  readonly hasPaymentMethod: boolean
  /** The dearest month that was paid in full; null = none yet. */
  readonly highestPaidMonthPusd: Pusd | null
  /** A charge was disputed: nothing is lent any more. */
  readonly isPrepaidOnly: boolean
}

const dollars = (amount: bigint): Pusd => pusd(amount * 1_000_000_000_000n)
export const LINE_WITH_CARD = dollars(10n)
export const LINE_AFTER_FIRST_PAYMENT = dollars(50n)

const max = (...amounts: readonly Pusd[]): Pusd =>
  amounts.reduce((most, amount) => (amount > most ? amount : most), ZERO_PUSD)

/** Zero for an organization that must pay in advance. */
export const creditLine = (history: CreditHistory): Pusd => {
  if (history.isPrepaidOnly) return ZERO_PUSD
  const given = max(history.starterPusd, history.grantedPusd ?? ZERO_PUSD)
  if (!history.hasPaymentMethod) return given
  if (history.highestPaidMonthPusd === null) return max(given, LINE_WITH_CARD)
  return max(given, LINE_AFTER_FIRST_PAYMENT, pusd((history.highestPaidMonthPusd * 3n) / 2n))
}

/** What an organization owes, by the ledger and the roll-ups of the months that are open. */
export interface Exposure {
  readonly unbilledPusd: Pusd
  /** Claims of invoices, carried remainders included. */
  readonly openPusd: Pusd
  /** Paid in advance or given, and not used yet; above zero. */
  readonly prepaidPusd: Pusd
}

/** Below zero when more was paid in advance than was used. */
export const owedOf = ({ unbilledPusd, openPusd, prepaidPusd }: Exposure): Pusd =>
  pusd(unbilledPusd + openPusd - prepaidPusd)

/**
 * The limit of this month's counter that stops spending exactly where the line does: the counter knows only this month's usage, the line counts
 * everything that is owed. More usage moves both alike, so the limit changes only when money moves.
 */
export const monthlyLimit = (
  linePusd: Pusd,
  owed: { readonly owedPusd: Pusd; readonly usedThisMonthPusd: Pusd },
): Pusd => max(pusd(linePusd - (owed.owedPusd - owed.usedThisMonthPusd)))

/** Of the line. */
const INTERIM_PERCENT = 80n
/** Each further interim invoice bills at least this much of the line, or the last fifth would be billed cent by cent. */
const INTERIM_SHARE_PERCENT = 20n

/** Whether what is used must be billed before the month ends, so that the line has room again once it is paid. */
export const isInterimDue = (exposure: Exposure, linePusd: Pusd): boolean =>
  linePusd > 0n &&
  owedOf(exposure) * 100n >= linePusd * INTERIM_PERCENT &&
  exposure.unbilledPusd * 100n >= linePusd * INTERIM_SHARE_PERCENT
