import { expect, test } from 'vitest'
import { formatAgo, formatInstant, formatPeriod, formatUtc } from './time.ts'

const at = Date.UTC(2026, 10, 22, 14, 6, 33)

test('an instant is written in the zone it is asked for', () => {
  expect(formatInstant(at, 'minute', 'UTC')).toBe('Nov 22, 14:06')
  expect(formatInstant(at, 'second', 'Asia/Tokyo')).toBe('Nov 22, 23:06:33')
  expect(formatUtc(at)).toBe('2026-11-22 14:06:33 UTC')
})

test('a period is its UTC month', () => {
  expect(formatPeriod('2026-11-01')).toBe('November 2026')
})

test('time since is counted in whole units and never negative', () => {
  expect(formatAgo(at, at - 10_000)).toBe('just now')
  expect(formatAgo(at, at + 61_000)).toBe('1 minute ago')
  expect(formatAgo(at, at + 3 * 86_400_000)).toBe('3 days ago')
})
