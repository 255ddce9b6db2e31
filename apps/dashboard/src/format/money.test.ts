import { expect, test } from 'vitest'
import { parseUsd } from '@atpar/core/money'
import { decimalsFor, formatCents, formatExact, formatFixed, formatOverview, formatPerMillion } from './money.ts'

test('an exact amount shows every digit it has and never fewer than cents', () => {
  expect(formatExact(parseUsd('0'))).toBe('$0.00')
  expect(formatExact(parseUsd('12.5'))).toBe('$12.50')
  expect(formatExact(parseUsd('0.000105'))).toBe('$0.000105')
  expect(formatExact(parseUsd('0.000000000001'))).toBe('$0.000000000001')
  expect(formatExact(parseUsd('1234567.89'))).toBe('$1,234,567.89')
})

test('a negative amount carries its sign before the currency', () => {
  expect(formatExact(parseUsd('-3.5'))).toBe('−$3.50')
})

test('an amount that rounds to nothing is not written as minus nothing', () => {
  expect(formatFixed(-1n, 2)).toBe('$0.00')
})

test('an overview keeps three significant digits below a dollar and cents above it', () => {
  expect(formatOverview(parseUsd('0.0123456'))).toBe('$0.0123')
  expect(formatOverview(parseUsd('0.000105'))).toBe('$0.000105')
  expect(formatOverview(parseUsd('0.5'))).toBe('$0.50')
  expect(formatOverview(parseUsd('1234.567'))).toBe('$1,234.57')
  expect(formatOverview(0n)).toBe('$0.00')
})

test('a column written with its own decimals adds up as printed', () => {
  const rows = ['0.0000015', '0.25', '1.100001'].map((text) => parseUsd(text))
  const decimals = decimalsFor(rows)
  expect(decimals).toBe(7)
  const printed = rows.map((row) => parseUsd(formatFixed(row, decimals).slice(1)))
  expect(printed.reduce<bigint>((sum, row) => sum + row, 0n)).toBe(rows.reduce<bigint>((sum, row) => sum + row, 0n))
})

test('cents and prices per million are exact', () => {
  expect(formatCents(123456n)).toBe('$1,234.56')
  expect(formatPerMillion({ amountPusd: 150_000n, perUnits: 1n })).toBe('$0.15')
  expect(formatPerMillion({ amountPusd: 2_500_000n, perUnits: 1n })).toBe('$2.50')
})
