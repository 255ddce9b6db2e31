import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assertBalanced, postInvoice, postUsageDifference } from './ledger.ts'
import { pusd, ZERO_PUSD } from './money.ts'

const DAY = { orgId: 'org', period: '2026-11-01', day: '2026-11-22', provider: 'openai' }
const money = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 18n }).map(pusd)

describe('ledger', () => {
  it('posts usage as a claim of ours against what we owe the provider', () => {
    const posting = postUsageDifference(
      DAY,
      { billedPusd: pusd(70n), absorbedPusd: pusd(5n) },
      { billedPusd: ZERO_PUSD, absorbedPusd: ZERO_PUSD, count: 0 },
    )
    expect(posting?.naturalKey).toBe('usage:org:2026-11-01:2026-11-22:openai:1')
    expect(posting?.entries).toEqual([
      { account: 'unbilled_usage', amountPusd: 70n },
      { account: 'absorbed', amountPusd: 5n },
      { account: 'provider_payable:openai', amountPusd: -75n },
    ])
  })

  it('posts only what is missing, and nothing when nothing is', () => {
    const rollup = { billedPusd: pusd(70n), absorbedPusd: pusd(5n) }
    expect(postUsageDifference(DAY, rollup, { ...rollup, count: 1 })).toBeNull()
    const topUp = postUsageDifference(DAY, rollup, { billedPusd: pusd(40n), absorbedPusd: pusd(5n), count: 1 })
    expect(topUp?.naturalKey).toMatch(/:2$/)
    expect(topUp?.entries).toEqual([
      { account: 'unbilled_usage', amountPusd: 30n },
      { account: 'provider_payable:openai', amountPusd: -30n },
    ])
  })

  it('balances every posting', () => {
    fc.assert(
      fc.property(money, money, money, money, (billed, absorbed, postedBilled, postedAbsorbed) => {
        const usage = postUsageDifference(
          DAY,
          { billedPusd: billed, absorbedPusd: absorbed },
          { billedPusd: postedBilled, absorbedPusd: postedAbsorbed, count: 3 },
        )
        if (usage !== null) assertBalanced(usage)
        const totalCents = 1_234n
        const carryOutPusd = pusd(billed + absorbed - totalCents * 10_000_000_000n)
        assertBalanced(
          postInvoice({
            orgId: 'org',
            period: '2026-11-01',
            sequence: 1,
            number: 'N',
            usagePusd: pusd(billed + postedBilled),
            interimPusd: postedBilled,
            carryInPusd: absorbed,
            carryOutPusd,
            totalCents,
          }),
        )
      }),
    )
  })

  it('refuses a posting that does not balance', () => {
    expect(() =>
      assertBalanced({
        naturalKey: 'k',
        kind: 'usage',
        orgId: 'o',
        period: 'p',
        memo: '',
        entries: [{ account: 'a', amountPusd: pusd(1n) }],
      }),
    ).toThrow('off balance')
  })
})
