import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { creditLine, isInterimDue, monthlyLimit, owedOf, type CreditHistory } from './credit-line.ts'
import { parseUsd, pusd, ZERO_PUSD } from './money.ts'

const money = fc.bigInt({ min: 0n, max: 10n ** 20n }).map(pusd)
const history = fc.record<CreditHistory>({
  starterPusd: money,
  grantedPusd: fc.option(money),
  hasPaymentMethod: fc.boolean(),
  highestPaidMonthPusd: fc.option(money),
  isPrepaidOnly: fc.boolean(),
})
const fresh: CreditHistory = {
  starterPusd: ZERO_PUSD,
  grantedPusd: null,
  hasPaymentMethod: false,
  highestPaidMonthPusd: null,
  isPrepaidOnly: false,
}

describe('the credit line', () => {
  it('is nothing for a stranger, ten dollars with a card, fifty after a paid month, then half more than the dearest one', () => {
    expect(creditLine(fresh)).toBe(0n)
    expect(creditLine({ ...fresh, hasPaymentMethod: true })).toBe(parseUsd('10'))
    expect(creditLine({ ...fresh, hasPaymentMethod: true, highestPaidMonthPusd: parseUsd('3') })).toBe(parseUsd('50'))
    expect(creditLine({ ...fresh, hasPaymentMethod: true, highestPaidMonthPusd: parseUsd('400') })).toBe(
      parseUsd('600'),
    )
  })

  it('does not count on payments while there is no card to charge', () => {
    expect(creditLine({ ...fresh, starterPusd: parseUsd('5'), highestPaidMonthPusd: parseUsd('400') })).toBe(
      parseUsd('5'),
    )
  })

  it('is zero after a dispute, whatever was paid or granted', () => {
    fc.assert(fc.property(history, (known) => creditLine({ ...known, isPrepaidOnly: true }) === 0n))
  })

  it('never shrinks by paying more, by a card or by a grant', () => {
    fc.assert(
      fc.property(history, money, (known, more) => {
        const line = creditLine(known)
        const paid = pusd((known.highestPaidMonthPusd ?? 0n) + more)
        const granted = pusd((known.grantedPusd ?? 0n) + more)
        return (
          creditLine({ ...known, highestPaidMonthPusd: paid }) >= line &&
          creditLine({ ...known, hasPaymentMethod: true }) >= line &&
          creditLine({ ...known, grantedPusd: granted }) >= line
        )
      }),
    )
  })
})

describe("the month's limit", () => {
  it('leaves exactly the room that the line leaves, and none below zero', () => {
    fc.assert(
      fc.property(money, fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), money, (line, owed, used) => {
        const limit = monthlyLimit(line, { owedPusd: pusd(owed), usedThisMonthPusd: used })
        const room = limit - used
        return limit >= 0n && (limit === 0n ? line - owed - used <= 0n || room <= line - owed : room === line - owed)
      }),
    )
  })

  it('does not move when usage comes in', () => {
    fc.assert(
      fc.property(money, money, money, money, (line, owed, used, more) => {
        const before = monthlyLimit(line, { owedPusd: owed, usedThisMonthPusd: used })
        const after = monthlyLimit(line, { owedPusd: pusd(owed + more), usedThisMonthPusd: pusd(used + more) })
        return before === after
      }),
    )
  })
})

describe('an interim invoice', () => {
  const of = (unbilled: string, open: string, prepaid = '0') => ({
    unbilledPusd: parseUsd(unbilled),
    openPusd: parseUsd(open),
    prepaidPusd: parseUsd(prepaid),
  })

  it('is due at 80 % of the line, counting what is open and what was paid in advance', () => {
    const line = parseUsd('100')
    expect(isInterimDue(of('79.99', '0'), line)).toBe(false)
    expect(isInterimDue(of('80', '0'), line)).toBe(true)
    expect(isInterimDue(of('20', '60'), line)).toBe(true)
    expect(isInterimDue(of('100', '0', '30'), line)).toBe(false)
  })

  it('is not issued again for crumbs, nor where nothing is lent', () => {
    expect(isInterimDue(of('19.99', '75'), parseUsd('100'))).toBe(false)
    expect(isInterimDue(of('5', '0'), ZERO_PUSD)).toBe(false)
  })

  it('counts advance payments against what is owed', () => {
    expect(owedOf(of('5', '2', '10'))).toBe(parseUsd('-3'))
  })
})
