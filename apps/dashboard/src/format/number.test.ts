import { expect, test } from 'vitest'
import { formatCompact, formatCount, formatDuration, formatShare } from './number.ts'

test('counts are grouped, and abbreviated only from ten thousand up', () => {
  expect(formatCount(1_234_567)).toBe('1,234,567')
  expect(formatCompact(9_873)).toBe('9,873')
  expect(formatCompact(1_240_000n)).toBe('1.2M')
})

test('a share that is not nothing is never shown as 0%', () => {
  expect(formatShare(1, 100_000)).toBe('<0.1%')
  expect(formatShare(0, 10)).toBe('0%')
  expect(formatShare(0, 0)).toBe('0%')
  expect(formatShare(1, 4)).toBe('25%')
})

test('durations grow their unit', () => {
  expect(formatDuration(840)).toBe('840 ms')
  expect(formatDuration(3_214)).toBe('3.21 s')
  expect(formatDuration(32_140)).toBe('32.1 s')
  expect(formatDuration(125_000)).toBe('2 min 5 s')
})
