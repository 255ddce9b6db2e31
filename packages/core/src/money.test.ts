import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addPusd,
  formatUnitPrice,
  formatUsd,
  fromNanoUsd,
  nanoUsd,
  parseUsd,
  priceUnits,
  priceUnitsCeil,
  PUSD_PER_CENT,
  pusd,
  toNanoUsdCeil,
  ZERO_PUSD,
} from './money.ts'

const LARGEST = 10n ** 27n - 1n
const amount = fc.bigInt({ min: -LARGEST, max: LARGEST }).map(pusd)
const units = fc.bigInt({ min: 0n, max: 2n ** 53n })
const unitPrice = fc.record({
  amountPusd: fc.bigInt({ min: 0n, max: 10n ** 15n }),
  perUnits: fc.bigInt({ min: 1n, max: 10n ** 6n }),
})

describe('parseUsd', () => {
  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['0.05', 50_000_000_000n],
    ['12', 12_000_000_000_000n],
    ['-3.5', -3_500_000_000_000n],
    ['0.000000000001', 1n],
    [' 1.10 ', 1_100_000_000_000n],
    ['0.1000000000000000000000', 100_000_000_000n],
    ['999999999999999.999999999999', LARGEST],
  ])('reads %j exactly', (text, expected) => {
    expect(parseUsd(text)).toBe(expected)
  })

  it.each(['', '.', '.5', '5.', '1,000', '1e3', '$1', '+1', '--1', '0x10', 'NaN', '1 2', '١', '1000000000000000'])(
    'refuses %j',
    (text) => {
      expect(() => parseUsd(text)).toThrow(RangeError)
    },
  )

  it('refuses an amount below a pico-dollar instead of rounding it', () => {
    expect(() => parseUsd('0.0000000000001')).toThrow('more than 12 decimal places')
  })
})

describe('formatUsd', () => {
  it.each([
    [0n, 0, '0'],
    [0n, 2, '0.00'],
    [105_000_000n, 0, '0.000105'],
    [1_500_000_000_000n, 2, '1.50'],
    [1_234_000_000_000n, 2, '1.234'],
    [-1n, 0, '-0.000000000001'],
    [-PUSD_PER_CENT, 2, '-0.01'],
  ])('writes %s pUSD with at least %i places as %s', (value, places, expected) => {
    expect(formatUsd(pusd(value), places)).toBe(expected)
  })

  it('reads back as the same amount, whatever the number of places', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 0, max: 12 }), (value, places) => {
        expect(parseUsd(formatUsd(value, places))).toBe(value)
      }),
    )
  })
})

describe('prices', () => {
  it('round a bill down and a hold up', () => {
    // $0.111 per hour of audio: 30,833,333.33 pUSD per second.
    const perHour = { amountPusd: 111_000_000_000n, perUnits: 3_600n }
    expect(priceUnits(1n, perHour)).toBe(30_833_333n)
    expect(priceUnitsCeil(1n, perHour)).toBe(30_833_334n)
  })

  it('round only once: a whole hour costs exactly its price', () => {
    const perHour = { amountPusd: 111_000_000_000n, perUnits: 3_600n }
    expect(priceUnits(3_600n, perHour)).toBe(111_000_000_000n)
    expect(priceUnitsCeil(3_600n, perHour)).toBe(111_000_000_000n)
  })

  it('never bill more than the exact price, never hold less, and differ by less than one pUSD', () => {
    fc.assert(
      fc.property(units, unitPrice, (count, price) => {
        const exact = count * price.amountPusd
        const floor = priceUnits(count, price)
        const ceil = priceUnitsCeil(count, price)
        expect(floor * price.perUnits <= exact).toBe(true)
        expect(ceil * price.perUnits >= exact).toBe(true)
        expect(ceil - floor).toBe(exact % price.perUnits === 0n ? 0n : 1n)
      }),
    )
  })
})

describe('formatUnitPrice', () => {
  it.each([
    [{ amountPusd: 150_000_000_000n, perUnits: 1_000_000n }, '0.00000015'],
    [{ amountPusd: 0n, perUnits: 1n }, '0'],
    [{ amountPusd: 2_000_000_000_000n, perUnits: 1n }, '2'],
    [{ amountPusd: 1n, perUnits: 1_000_000n }, '0.000000000000000001'],
    [{ amountPusd: 111_000_000_000n, perUnits: 3_600n }, '0.000030833333333333333333'],
  ])('%o is %s dollars for one', (price, text) => {
    expect(formatUnitPrice(price)).toBe(text)
  })
})

describe('nano-dollars', () => {
  it.each([
    [0n, 0n],
    [1n, 1n],
    [1_000n, 1n],
    [1_001n, 2n],
    [-1n, 0n],
    [-1_000n, -1n],
    [-1_001n, -1n],
  ])('round %s pUSD up to %s', (value, expected) => {
    expect(toNanoUsdCeil(pusd(value))).toBe(expected)
  })

  it('are never below the money they stand for and never a whole unit above it', () => {
    fc.assert(
      fc.property(amount, (value) => {
        const excess = fromNanoUsd(toNanoUsdCeil(value)) - value
        expect(excess >= 0n && excess < 1_000n).toBe(true)
      }),
    )
  })

  it('come back unchanged from pico-dollars', () => {
    fc.assert(
      fc.property(fc.bigInt().map(nanoUsd), (value) => {
        expect(toNanoUsdCeil(fromNanoUsd(value))).toBe(value)
      }),
    )
  })
})

describe('addPusd', () => {
  it('adds beyond what a float can count', () => {
    const beyond = pusd(2n ** 53n)
    expect(addPusd(beyond, pusd(1n), pusd(-2n))).toBe(2n ** 53n - 1n)
  })
  it('of nothing is nothing', () => {
    expect(addPusd()).toBe(ZERO_PUSD)
  })
})
