import { describe, expect, it } from 'vitest'
import { pusd } from './money.ts'
import {
  holds,
  proveClearingEmpty,
  proveCostEqualsProviderBill,
  proveEventsEqualLedger,
  proveEventsPlacedOnce,
  proveInvoiceEqualsUsage,
  proveLinesEqualInvoice,
  type P1Figures,
  type P2Figures,
  type P3Figures,
  type P5Figures,
} from './proofs.ts'

const P1: P1Figures = {
  eventCount: 2n,
  eventBilled: pusd(9n),
  eventAbsorbed: pusd(1n),
  rollupCount: 2n,
  rollupBilled: pusd(9n),
  rollupAbsorbed: pusd(1n),
  ledgerBilled: pusd(9n),
  ledgerAbsorbed: pusd(1n),
  mismatchedGroups: 0n,
}
const P2: P2Figures = {
  usage: pusd(15_000_000_000n),
  invoiceUsage: pusd(15_000_000_000n),
  carryIn: pusd(7n),
  interim: pusd(0n),
  invoiceInterim: pusd(0n),
  previousCarryOut: pusd(7n),
  carryOut: pusd(5_000_000_007n),
  totalCents: 1n,
}
const P3: P3Figures = { lineCents: 3n, lineAmounts: pusd(30_000_000_000n), totalCents: 3n }
const P5: P5Figures = {
  eventCount: 2n,
  misdated: 0n,
  foreign: 0n,
  unplaced: 0n,
  evidenceNow: 'abc',
  evidenceIssued: 'abc',
  invoicedCount: 2n,
}

/** Every figure of a proof, moved by one, must break it: a figure that can be anything proves nothing. */
const breaksOnEveryFigure = <Figures extends object>(
  sound: Figures,
  prove: (figures: Figures) => ReturnType<typeof proveLinesEqualInvoice>,
): void => {
  expect(holds(prove(sound))).toBe(true)
  for (const [name, value] of Object.entries(sound) as [string, bigint | string][]) {
    const moved = { ...sound, [name]: typeof value === 'bigint' ? value + 1n : `${value}x` }
    expect(holds(prove(moved)), `${name} moved by one`).toBe(false)
  }
}

describe('proofs', () => {
  it('P1 holds when events, roll-ups and ledger agree, and breaks when any figure moves', () =>
    breaksOnEveryFigure(P1, proveEventsEqualLedger))
  it('P2 holds when usage and carry-over make the invoice, and breaks when any figure moves', () =>
    breaksOnEveryFigure(P2, proveInvoiceEqualsUsage))
  it('P3 holds when the lines make the invoice, and breaks when any figure moves', () =>
    breaksOnEveryFigure(P3, proveLinesEqualInvoice))
  it('P5 holds when every event is placed once, and breaks when any figure moves', () =>
    breaksOnEveryFigure(P5, proveEventsPlacedOnce))

  it('never lets two differences cancel each other out', () => {
    expect(proveEventsEqualLedger({ ...P1, eventBilled: pusd(10n), ledgerBilled: pusd(8n) }).differencePusd).toBe(2n)
  })

  it('P5 needs no evidence while the period is open', () => {
    expect(holds(proveEventsPlacedOnce({ ...P5, evidenceNow: '', evidenceIssued: '', invoicedCount: 0n }))).toBe(true)
  })
  it('P6 holds while no compared day differs, and breaks by days, units and money', () => {
    const sound = { modelDays: 3n, comparedDays: 1n, differingDays: 0n, unexplainedUnits: 0n, unexplainedPusd: 0n }
    expect(holds(proveCostEqualsProviderBill(sound))).toBe(true)
    for (const name of ['differingDays', 'unexplainedUnits', 'unexplainedPusd'] as const)
      for (const moved of [1n, -1n])
        expect(proveCostEqualsProviderBill({ ...sound, [name]: moved }).differencePusd, name).not.toBe(0n)
  })
  it('P7 holds while nothing is late, and breaks on either sign in any account', () => {
    expect(holds(proveClearingEmpty({ unbilledAfterClose: pusd(0n), overdue: { disputed: pusd(0n) } }))).toBe(true)
    expect(holds(proveClearingEmpty({ unbilledAfterClose: pusd(-1n), overdue: {} }))).toBe(false)
    const both = { disputed: pusd(1n), 'clearing:push': pusd(-1n) }
    expect(proveClearingEmpty({ unbilledAfterClose: pusd(0n), overdue: both }).differencePusd).toBe(2n)
  })
})
