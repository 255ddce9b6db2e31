import { describe, expect, test } from 'vitest'
import { parseUsd } from './money.ts'
import { diffPrices, formatDiff, needsPerson } from './price-change.ts'
import type { PriceRow } from './price-row.ts'

const row = (offeringId: string, usdPerMillion: string, changes: Partial<PriceRow> = {}): PriceRow => ({
  amountPusd: parseUsd(usdPerMillion),
  perUnits: 1_000_000n,
  offeringId,
  bucket: 'input_uncached',
  contextFrom: 0,
  serviceTier: null,
  window: null,
  effectiveFrom: '2026-11-22',
  sourceUrl: 'https://example.test/prices',
  checkedOn: '2026-11-22',
  ...changes,
})

describe('comparing a proposal with the book in force', () => {
  test('the same price seen on another day is no change', () => {
    expect(
      diffPrices([row('a/m', '1', { effectiveFrom: '2026-01-01', checkedOn: '2026-01-01' })], [row('a/m', '1')]),
    ).toEqual([])
  })

  test('the same rational written otherwise is no change', () => {
    expect(diffPrices([row('a/m', '1', { amountPusd: 2_000_000n, perUnits: 2n })], [row('a/m', '1')])).toEqual([])
  })

  test('new, different and vanished prices are told apart', () => {
    const changes = diffPrices(
      [row('a/m', '1'), row('a/m', '2', { bucket: 'cache_read' })],
      [row('a/m', '1.5'), row('b/m', '1')],
    )
    expect(
      changes.map(({ kind, after, before }) => `${kind} ${(after ?? before)?.offeringId} ${(after ?? before)?.bucket}`),
    ).toEqual(['changed a/m input_uncached', 'added b/m input_uncached', 'removed a/m cache_read'])
  })

  test('offerings the proposal does not speak of are left alone', () => {
    expect(diffPrices([row('custom/mine', '1')], [row('a/m', '1')]).map(({ kind }) => kind)).toEqual(['added'])
  })

  test('a window that ends later is a change', () => {
    const before = row('a/m', '1', { window: { fromMinute: 30, toMinute: 990 } })
    expect(diffPrices([before], [{ ...before, window: { fromMinute: 30, toMinute: 991 } }])).toHaveLength(1)
  })
})

describe('asking a person', () => {
  const asks = (before: string, after: string): boolean =>
    needsPerson({ kind: 'changed', before: row('a/m', before), after: row('a/m', after) })

  test.each([
    ['1', '3'],
    ['3', '1'],
    ['0.1', '0.3'],
  ])('exactly ×3 from $%s to $%s goes through', (before, after) => {
    expect(asks(before, after)).toBe(false)
  })

  test.each([
    ['1', '3.000001'],
    ['3.000001', '1'],
    ['0', '0.01'],
    ['0.01', '0'],
  ])('$%s to $%s waits for approval', (before, after) => {
    expect(asks(before, after)).toBe(true)
  })

  test('a price that is new or gone needs none', () => {
    expect(needsPerson({ kind: 'added', before: null, after: row('a/m', '900') })).toBe(false)
    expect(needsPerson({ kind: 'removed', before: row('a/m', '900'), after: null })).toBe(false)
  })
})

test('the table shows what moves, under which condition and how far, and marks what needs a person', () => {
  const changes = diffPrices(
    [row('a/m', '1'), row('b/m', '1', { contextFrom: 200_001 })],
    [row('a/m', '4'), row('b/m', '1.5', { contextFrom: 200_001 })],
  )
  expect(
    formatDiff(changes)
      .split('\n')
      .map((line) => line.trim().replaceAll(/ {2,}/g, '  ')),
  ).toEqual([
    'offering  bucket  when  before  after  factor',
    '!  a/m  input_uncached  1  4  ×4.00',
    'b/m  input_uncached  ≥ 200001 tokens  1  1.5  ×1.50',
  ])
})
