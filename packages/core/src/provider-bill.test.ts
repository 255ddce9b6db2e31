import { expect, test } from 'vitest'
import { parseReportedAmount, toBillUnits } from './provider-bill.ts'

test('amounts of reports are read exactly, exponents and float noise included', () => {
  expect(parseReportedAmount('0.06', 12)).toBe(60_000_000_000n)
  expect(parseReportedAmount('3.15e-05', 12)).toBe(31_500_000n)
  expect(parseReportedAmount('-1E2', 12)).toBe(-100_000_000_000_000n)
  expect(parseReportedAmount('0.10000000000000000555', 12)).toBe(100_000_000_000n)
  expect(parseReportedAmount('0.0000000000005', 12)).toBe(1n)
})

test('cents are a hundredth', () => {
  expect(parseReportedAmount('123.45', 10)).toBe(1_234_500_000_000n)
})

test('what is no number is refused, not taken for 0', () => {
  for (const text of ['', 'NaN', '1,5', '0x10', '1e', '--1'])
    expect(() => parseReportedAmount(text, 12)).toThrow(RangeError)
})

test('reasoning is output on a bill, and requests are on none', () => {
  expect(toBillUnits({ output_text: 3, output_reasoning: 4, requests: 1, cache_read: 5 })).toEqual({
    output: 7n,
    cache_read: 5n,
  })
})
