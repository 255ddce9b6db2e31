import { describe, expect, test } from 'vitest'
import { usdPerMillion } from '@atpar/core/price-row'
import { decimalTextOf, parseRate } from './exact-rate.ts'

const MILLION = 1_000_000n

describe('reading a published price', () => {
  test.each([
    ['0.15', { amountPusd: 150_000n, perUnits: 1n }],
    ['0.075', { amountPusd: 75_000n, perUnits: 1n }],
    ['2.5', { amountPusd: 2_500_000n, perUnits: 1n }],
    ['0.0028', { amountPusd: 2_800n, perUnits: 1n }],
    ['0.003625', { amountPusd: 3_625n, perUnits: 1n }],
    ['600', { amountPusd: 600_000_000n, perUnits: 1n }],
    ['0', { amountPusd: 0n, perUnits: 1n }],
  ])('$%s per million tokens is exactly that many pico-dollars per token', (usd, price) => {
    expect(parseRate(usd, MILLION)).toEqual(price)
  })

  test('$0.111 an hour stays a rational of seconds', () => {
    const price = parseRate('0.111', 3_600n)
    expect(price.amountPusd * 3_600n).toBe(111_000_000_000n * price.perUnits)
  })

  test('seventeen decimals are kept, not rounded to twelve', () => {
    const price = parseRate('0.08333333333333334', MILLION)
    expect(price.amountPusd * 10n ** 11n).toBe(8_333_333_333_333_334n * price.perUnits)
  })

  test.each(['', '-1', '1,5', '1e-7', ' 1', '.5', 'free'])('%j is no price', (text) => {
    expect(() => parseRate(text, MILLION)).toThrow(RangeError)
  })
})

describe('reading the float of a data file', () => {
  test.each([
    [0.1, '0.1'],
    [0.15, '0.15'],
    [75, '75'],
    [0.000001, '0.000001'],
    [1e-7, '0.0000001'],
    [2.5e-9, '0.0000000025'],
    [1e21, '1000000000000000000000'],
    [1.5e22, '15000000000000000000000'],
    [0.1 + 0.2, '0.30000000000000004'],
    [0, '0'],
  ])('%d was written as %s', (amount, text) => {
    expect(decimalTextOf(amount)).toBe(text)
    expect(Number(text)).toBe(amount)
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('%d is no price', (amount) => {
    expect(() => decimalTextOf(amount)).toThrow(RangeError)
  })
})

test('a price is shown as it was published', () => {
  for (const usd of ['0.15', '2.5', '0.003625', '75', '0']) expect(usdPerMillion(parseRate(usd, MILLION))).toBe(usd)
})
