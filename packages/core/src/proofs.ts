import { PUSD_PER_CENT, pusd, type Pusd } from './money.ts'

/**
 * Proofs that one organization's money is whole. Each compares figures that SQL read independently of one another. `differencePusd` is the
 * sum of all absolute differences; where counts differ, each missing or surplus one weighs 1 pUSD, so that "0" always means "all equal".
 */
export interface ProofResult {
  readonly proof: 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7'
  readonly differencePusd: Pusd
  /** The figures compared, as text: they go to the proof log and the invoice page. */
  readonly detail: Readonly<Record<string, string>>
}

export const holds = (result: ProofResult): boolean => result.differencePusd === 0n

const distance = (one: bigint, other: bigint): bigint => (one > other ? one - other : other - one)

const resultOf = (
  proof: ProofResult['proof'],
  differences: readonly bigint[],
  detail: Readonly<Record<string, bigint | string>>,
): ProofResult => ({
  proof,
  differencePusd: pusd(differences.reduce((sum, difference) => sum + difference, 0n)),
  detail: Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, value.toString()])),
})

export interface P1Figures {
  readonly eventCount: bigint
  readonly eventBilled: Pusd
  readonly eventAbsorbed: Pusd
  readonly rollupCount: bigint
  readonly rollupBilled: Pusd
  readonly rollupAbsorbed: Pusd
  /** Sums of usage postings; the ledger counts no events. */
  readonly ledgerBilled: Pusd
  readonly ledgerAbsorbed: Pusd
  /** Model × provider × month × price book, where events and roll-ups differ even if their totals agree. */
  readonly mismatchedGroups: bigint
}

/** P1: events = hourly roll-ups = ledger, for one period. */
export const proveEventsEqualLedger = (figures: P1Figures): ProofResult =>
  resultOf(
    'P1',
    [
      distance(figures.eventCount, figures.rollupCount),
      distance(figures.eventBilled, figures.rollupBilled),
      distance(figures.eventAbsorbed, figures.rollupAbsorbed),
      distance(figures.rollupBilled, figures.ledgerBilled),
      distance(figures.rollupAbsorbed, figures.ledgerAbsorbed),
      figures.mismatchedGroups,
    ],
    { ...figures },
  )

export interface P2Figures {
  /** Summed from the events anew. */
  readonly usage: Pusd
  readonly invoiceUsage: Pusd
  /** What the interim invoices of the month claim, summed from them, and as the invoice took it off. */
  readonly interim: Pusd
  readonly invoiceInterim: Pusd
  readonly carryIn: Pusd
  /** `carry_out` of the invoice before it, or 0 for the first. */
  readonly previousCarryOut: Pusd
  readonly carryOut: Pusd
  readonly totalCents: bigint
}

/** P2: usage − interim invoices + carry in − carry out = invoice, and the carry-over chain is unbroken. */
export const proveInvoiceEqualsUsage = (figures: P2Figures): ProofResult =>
  resultOf(
    'P2',
    [
      distance(figures.usage, figures.invoiceUsage),
      distance(figures.interim, figures.invoiceInterim),
      distance(figures.carryIn, figures.previousCarryOut),
      distance(
        figures.usage - figures.interim + figures.carryIn - figures.carryOut,
        figures.totalCents * PUSD_PER_CENT,
      ),
    ],
    { ...figures },
  )

export interface P3Figures {
  readonly lineCents: bigint
  readonly lineAmounts: Pusd
  readonly totalCents: bigint
}

/** P3: the lines sum to the invoice, in cents and exactly. */
export const proveLinesEqualInvoice = (figures: P3Figures): ProofResult =>
  resultOf(
    'P3',
    [
      distance(figures.lineCents, figures.totalCents) * PUSD_PER_CENT,
      distance(figures.lineAmounts, figures.totalCents * PUSD_PER_CENT),
    ],
    { ...figures },
  )

export interface P4Figures {
  /** What the ledger says is at Stripe, and what it kept. */
  readonly ledgerCash: Pusd
  readonly ledgerFees: Pusd
  /** Posted since Stripe's book was last read, and in neither of the two: told, not compared. */
  readonly awaitingCash: Pusd
  /** Stripe's own book of this organization's charges, refunds and disputes, and the fees in it. */
  readonly bookMovedCents: bigint
  readonly bookFeesCents: bigint
}

/** P4: the ledger's cash = Stripe's balance transactions, and the fees are apart. */
export const proveCashEqualsBook = (figures: P4Figures): ProofResult =>
  resultOf(
    'P4',
    [
      distance(figures.ledgerCash, (figures.bookMovedCents - figures.bookFeesCents) * PUSD_PER_CENT),
      distance(figures.ledgerFees, figures.bookFeesCents * PUSD_PER_CENT),
    ],
    { ...figures },
  )

export interface P5Figures {
  readonly eventCount: bigint
  /** Events whose month of use does not follow from their own time and id. */
  readonly misdated: bigint
  /** Events that another organization's key made, or billed in a month before their use. */
  readonly foreign: bigint
  /** Roll-up rows of this period that stand in a closed period's place without an invoice, or the reverse. */
  readonly unplaced: bigint
  /** For an issued invoice: the evidence recomputed from the events of today, and as it was issued. Both empty while the period is open. */
  readonly evidenceNow: string
  readonly evidenceIssued: string
  readonly invoicedCount: bigint
}

/** P5: every event is in exactly one invoice or in the open period, and no invoice holds one of another organization. */
export const proveEventsPlacedOnce = (figures: P5Figures): ProofResult =>
  resultOf(
    'P5',
    [
      figures.misdated,
      figures.foreign,
      figures.unplaced,
      figures.evidenceNow === figures.evidenceIssued ? 0n : 1n,
      figures.evidenceIssued === '' ? 0n : distance(figures.eventCount, figures.invoicedCount),
    ],
    { ...figures },
  )

export interface P6Figures {
  /** Model-days of this organization's platform-funded usage in the period, and how many of them a provider's report has confirmed or contested. */
  readonly modelDays: bigint
  readonly comparedDays: bigint
  /** Of those days, over everybody's usage: a provider's bill does not know organizations. Differences that an operator accepted are left out. */
  readonly differingDays: bigint
  readonly unexplainedUnits: bigint
  readonly unexplainedPusd: bigint
}

/** P6: what we say the providers charge us for the models and days this organization used is what they say. A day no report covers yet proves nothing and blocks nothing. */
export const proveCostEqualsProviderBill = (figures: P6Figures): ProofResult =>
  resultOf(
    'P6',
    [
      distance(figures.differingDays, 0n),
      distance(figures.unexplainedUnits, 0n),
      distance(figures.unexplainedPusd, 0n),
    ],
    { ...figures },
  )

export interface P7Figures {
  /** Usage of this period that stands neither on an invoice nor as open: not 0 only once the period is closed. */
  readonly unbilledAfterClose: Pusd
  /** Account → what was put into it longer ago than its deadline and has not come out. */
  readonly overdue: Readonly<Record<string, Pusd>>
}

/** P7: what only passes through an account has left it by its deadline. */
export const proveClearingEmpty = ({ unbilledAfterClose, overdue }: P7Figures): ProofResult =>
  resultOf('P7', [distance(unbilledAfterClose, 0n), ...Object.values(overdue).map((amount) => distance(amount, 0n))], {
    unbilledAfterClose,
    ...overdue,
  })
