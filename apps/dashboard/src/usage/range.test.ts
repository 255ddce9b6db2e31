import { expect, test } from 'vitest'
import { listSteps, RANGES, resolveRange } from './range.ts'

const now = Date.UTC(2026, 10, 22, 14, 6)

test.each(RANGES)('%s holds whole UTC steps', (name) => {
  const range = resolveRange(name, now)
  const stepMs = range.step === 'hour' ? 3_600_000 : 86_400_000
  expect(range.fromMs % stepMs).toBe(0)
  expect(range.toMs % stepMs).toBe(0)
  expect(listSteps(range)).toHaveLength((range.toMs - range.fromMs) / stepMs)
})

test('ranges up to now include the running hour or day', () => {
  for (const name of ['24h', '7d', '30d', 'month'] as const) expect(resolveRange(name, now).toMs).toBeGreaterThan(now)
})

test('a month is the UTC calendar month that an invoice covers', () => {
  expect(new Date(resolveRange('month', now).fromMs).toISOString()).toBe('2026-11-01T00:00:00.000Z')
  const last = resolveRange('last-month', Date.UTC(2026, 0, 5))
  expect([last.fromMs, last.toMs].map((at) => new Date(at).toISOString().slice(0, 10))).toEqual([
    '2025-12-01',
    '2026-01-01',
  ])
})
