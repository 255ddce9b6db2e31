import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  composeInterimInvoice,
  composeInvoice,
  invoiceNumber,
  MAX_USAGE_LINES,
  nextPeriod,
  periodRange,
  previousPeriod,
  type InvoiceUsage,
} from './invoice.ts'
import { PUSD_PER_CENT, pusd, ZERO_PUSD } from './money.ts'

const PERIOD = '2026-11-01'

const usageOf = (overrides: Partial<InvoiceUsage> = {}): InvoiceUsage => {
  const billedPusd = overrides.billedPusd ?? pusd(1_234_567_890_123n)
  const absorbedPusd = overrides.absorbedPusd ?? ZERO_PUSD
  return {
    modelId: 'gpt-4o-mini',
    provider: 'openai',
    billingPeriod: PERIOD,
    priceBookId: 1,
    events: 3n,
    units: { input_uncached: 1000n, output_text: 50n },
    costPusd: pusd(billedPusd + absorbedPusd),
    ...overrides,
    absorbedPusd,
    billedPusd,
  }
}

const compose = (usage: readonly InvoiceUsage[], carryInPusd = ZERO_PUSD) =>
  composeInvoice({ period: PERIOD, usage, carryInPusd, minimumCents: 50n })

const randomUsage = fc.record({
  modelId: fc.constantFrom('a', 'b', 'c'),
  provider: fc.constantFrom('openai', 'anthropic'),
  billingPeriod: fc.constantFrom('2026-10-01', PERIOD),
  priceBookId: fc.constantFrom(1, 2),
  billedPusd: fc.bigInt({ min: -(10n ** 11n), max: 10n ** 14n }).map(pusd),
})
const randomMonth = fc.array(randomUsage, { maxLength: 25 }).map((rows) => rows.map((row) => usageOf(row)))

describe('composeInvoice', () => {
  it('bills one line per model, provider and month of use, dearest first', () => {
    const { lines } = compose([
      usageOf({ billedPusd: pusd(2n * 10n ** 12n) }),
      usageOf({ billedPusd: pusd(10n ** 12n), priceBookId: 2 }),
      usageOf({ modelId: 'claude', provider: 'anthropic', billedPusd: pusd(9n * 10n ** 12n) }),
      usageOf({ billingPeriod: '2026-10-01', billedPusd: pusd(10n ** 12n) }),
    ])
    expect(lines.map((line) => [line.kind, line.description, line.cents])).toEqual([
      ['usage', 'claude at anthropic', 900n],
      ['usage', 'gpt-4o-mini at openai', 300n],
      ['late_usage', 'gpt-4o-mini at openai, late usage from 2026-10', 100n],
    ])
    expect(lines[1]).toMatchObject({
      priceBookId: null,
      events: 6n,
      units: { input_uncached: 2000n, output_text: 100n },
    })
    expect(lines[0]?.priceBookId).toBe(1)
  })

  it('floors the whole once to cents and carries the rest forward', () => {
    const invoice = compose([usageOf({ billedPusd: pusd(1_239_999_999_999n) })])
    expect(invoice).toMatchObject({ status: 'finalised', totalCents: 123n, carryOutPusd: 9_999_999_999n })
    expect(invoice.lines.at(-1)).toMatchObject({ kind: 'carry_over', amountPusd: -9_999_999_999n, cents: 0n })
  })

  it('collects nothing below the minimum and carries all of it', () => {
    const invoice = compose([usageOf({ billedPusd: pusd(49n * PUSD_PER_CENT + 5n) })])
    expect(invoice).toMatchObject({ status: 'carried', totalCents: 0n, carryOutPusd: 49n * PUSD_PER_CENT + 5n })
    expect(compose([usageOf({ billedPusd: pusd(50n * PUSD_PER_CENT) })])).toMatchObject({
      status: 'finalised',
      totalCents: 50n,
      carryOutPusd: 0n,
    })
  })

  it('carries a credit forward instead of billing below zero', () => {
    expect(compose([usageOf({ billedPusd: pusd(-5n) })])).toMatchObject({
      status: 'carried',
      totalCents: 0n,
      carryOutPusd: -5n,
    })
  })

  it('is empty for a month without use', () => {
    expect(compose([])).toMatchObject({ status: 'carried', lines: [], totalCents: 0n, carryOutPusd: 0n })
  })

  it('claims a running month in parts that together are what the month would have been alone', () => {
    fc.assert(
      fc.property(randomMonth, randomMonth, randomMonth, (first, second, third) => {
        const interim = (usage: readonly InvoiceUsage[], claimed: bigint) =>
          composeInterimInvoice({
            period: PERIOD,
            usage,
            interimPusd: pusd(claimed * PUSD_PER_CENT),
            minimumCents: 50n,
          })
        const one = interim(first, 0n)
        const two = interim([...first, ...second], one.totalCents)
        const claimed = one.totalCents + two.totalCents
        const all = [...first, ...second, ...third]
        const month = composeInvoice({
          period: PERIOD,
          usage: all,
          carryInPusd: ZERO_PUSD,
          interimPusd: pusd(claimed * PUSD_PER_CENT),
          minimumCents: 50n,
        })
        for (const invoice of [one, two, month]) {
          expect(invoice.lines.reduce((sum, line) => sum + line.cents, 0n)).toBe(invoice.totalCents)
          expect(invoice.lines.reduce((sum, line) => sum + line.amountPusd, 0n)).toBe(
            invoice.totalCents * PUSD_PER_CENT,
          )
        }
        expect((claimed + month.totalCents) * PUSD_PER_CENT + month.carryOutPusd).toBe(compose(all).usagePusd)
      }),
    )
  })

  it('takes off what was billed in the middle of the month as a line of its own', () => {
    const usage = [usageOf({ billedPusd: pusd(300n * PUSD_PER_CENT + 7n) })]
    const interim = composeInterimInvoice({ period: PERIOD, usage, minimumCents: 50n })
    expect(interim).toMatchObject({ status: 'finalised', totalCents: 300n, carryOutPusd: 7n })
    const again = composeInterimInvoice({
      period: PERIOD,
      usage,
      interimPusd: pusd(300n * PUSD_PER_CENT),
      minimumCents: 50n,
    })
    expect(again.status).toBe('carried')
    expect(again.lines.map(({ kind, amountPusd }) => [kind, amountPusd])).toContainEqual([
      'interim',
      -300n * PUSD_PER_CENT,
    ])
  })

  it('puts the tail of a very long invoice in one line', () => {
    const { lines, totalCents } = compose(
      Array.from({ length: 500 }, (_, index) => usageOf({ modelId: `model-${index}` })),
    )
    expect(lines.filter((line) => line.kind === 'usage')).toHaveLength(MAX_USAGE_LINES + 1)
    expect(lines.reduce((sum, line) => sum + line.cents, 0n)).toBe(totalCents)
  })

  it('has lines that sum to the total in cents and, with what is carried, exactly', () => {
    fc.assert(
      fc.property(randomMonth, fc.bigInt({ min: -(10n ** 11n), max: 10n ** 12n }), (usage, carryIn) => {
        const invoice = compose(usage, pusd(carryIn))
        expect(invoice.lines.reduce((sum, line) => sum + line.cents, 0n)).toBe(invoice.totalCents)
        expect(invoice.lines.reduce((sum, line) => sum + line.amountPusd, 0n)).toBe(invoice.totalCents * PUSD_PER_CENT)
        expect(invoice.usagePusd + invoice.carryInPusd - invoice.carryOutPusd).toBe(invoice.totalCents * PUSD_PER_CENT)
        expect(invoice.totalCents).toBeGreaterThanOrEqual(0n)
        if (invoice.status === 'finalised')
          expect(invoice.carryOutPusd < PUSD_PER_CENT && invoice.carryOutPusd >= 0n).toBe(true)
      }),
    )
  })

  it('over many months bills exactly the usage, less what is still carried', () => {
    fc.assert(
      fc.property(fc.array(randomMonth, { minLength: 1, maxLength: 14 }), (months) => {
        let carry = ZERO_PUSD
        let used = 0n
        let charged = 0n
        for (const usage of months) {
          const invoice = compose(usage, carry)
          carry = invoice.carryOutPusd
          used += usage.reduce((sum, row) => sum + row.billedPusd, 0n)
          charged += invoice.totalCents * PUSD_PER_CENT
        }
        expect(charged + carry).toBe(used)
      }),
    )
  })
})

describe('periods', () => {
  it('follow one another over the turn of the year', () => {
    expect(nextPeriod('2026-12-01')).toBe('2027-01-01')
    expect(previousPeriod('2026-01-01')).toBe('2025-12-01')
    expect(periodRange('2026-02-01')).toEqual({ fromMs: Date.UTC(2026, 1, 1), toMs: Date.UTC(2026, 2, 1) })
  })

  it('number an invoice by organization and month', () => {
    expect(invoiceNumber('acme', '2026-11-01', 1)).toBe('ATPAR-acme-2026-11')
    expect(invoiceNumber('acme', '2026-11-01', 2)).toBe('ATPAR-acme-2026-11-2')
  })

  it('give an invoice no number that Stripe would refuse, however long the name, and no two names the same', () => {
    expect(invoiceNumber('a-rather-long', '2026-11-01', 1)).toBe('a-rather-long-2026-11')
    const long = ['one-and-the-same-beginning-a', 'one-and-the-same-beginning-b']
    const numbers = long.map((slug) => invoiceNumber(slug, '2026-11-01', 123))
    expect(new Set(numbers).size).toBe(2)
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-]{1,63}$/), fc.integer({ min: 1, max: 999 }), (slug, sequence) => {
        expect(invoiceNumber(slug, '2026-11-01', sequence).length).toBeLessThanOrEqual(26)
      }),
    )
  })
})
