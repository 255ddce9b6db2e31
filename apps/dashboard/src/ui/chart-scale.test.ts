import { expect, test } from 'vitest'
import { heightPercent, roundScale } from './chart-scale.ts'

test('an axis ends at a round number that no bar exceeds', () => {
  expect(roundScale(1n)).toBe(1n)
  expect(roundScale(11n)).toBe(12n)
  expect(roundScale(24n)).toBe(25n)
  expect(roundScale(51n)).toBe(60n)
  expect(roundScale(81n)).toBe(100n)
  expect(roundScale(1_230_000_000n)).toBe(1_500_000_000n)
  for (let value = 1n; value < 100_000n; value = value * 3n + 1n)
    expect(roundScale(value)).toBeGreaterThanOrEqual(value)
})

test('an empty chart has an axis too', () => {
  expect(roundScale(0n)).toBe(1n)
  expect(heightPercent(0n, 1n)).toBe(0)
})

test('heights are shares of the axis', () => {
  expect(heightPercent(25n, 200n)).toBe(12.5)
})
