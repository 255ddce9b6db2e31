import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { periodBounds, periodIdOf } from './period.ts'
import type { BudgetPeriod } from './quota.ts'

const at = (text: string): number => Date.parse(text)
const bounds = (period: BudgetPeriod, zone: string, text: string): readonly (string | null)[] => {
  const { fromMs, toMs } = periodBounds(period, zone, at(text))
  return [fromMs, toMs].map((ms) => (ms === null ? null : new Date(ms).toISOString()))
}

describe('periodIdOf', () => {
  it.each([
    ['day', 'UTC', '2026-11-22T14:00:00Z', '2026-11-22'],
    ['week', 'UTC', '2026-11-22T23:59:59.999Z', '2026-W47'],
    ['week', 'UTC', '2026-11-23T00:00:00Z', '2026-W48'],
    ['month', 'UTC', '2026-11-30T23:59:59.999Z', '2026-11'],
    ['total', 'UTC', '2026-11-22T14:00:00Z', 'total'],
    ['day', 'Asia/Tokyo', '2026-11-22T15:00:00Z', '2026-11-23'],
    ['day', 'America/Los_Angeles', '2026-11-22T07:59:59Z', '2026-11-21'],
    ['month', 'Pacific/Kiritimati', '2026-11-30T10:00:00Z', '2026-12'],
    ['day', 'Asia/Kathmandu', '2026-11-22T18:15:00Z', '2026-11-23'],
    ['week', 'UTC', '2027-01-01T12:00:00Z', '2026-W53'],
    ['week', 'UTC', '2024-12-30T00:00:00Z', '2025-W01'],
    ['week', 'UTC', '2022-01-02T00:00:00Z', '2021-W52'],
  ] as const)('names the %s of %s at %s %s', (period, zone, instant, id) => {
    expect(periodIdOf(period, zone, at(instant))).toBe(id)
  })

  it('refuses a zone that does not exist', () => {
    expect(() => periodIdOf('day', 'Mars/Olympus', 0)).toThrow(RangeError)
  })

  it('asks the calendar nothing once a period is known', () => {
    const start = at('2026-11-22T00:00:00Z')
    periodIdOf('month', 'Europe/Berlin', start)
    const format = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
    for (let call = 0; call < 1_000; call += 1) periodIdOf('month', 'Europe/Berlin', start + call)
    expect(format).not.toHaveBeenCalled()
    // The spy is real: a period that is not known does ask.
    periodIdOf('month', 'Europe/Berlin', at('2020-01-01T00:00:00Z'))
    expect(format).toHaveBeenCalled()
    format.mockRestore()
  })
})

describe('periodBounds', () => {
  it('has no bounds for a total', () => {
    expect(bounds('total', 'UTC', '2026-11-22T00:00:00Z')).toEqual([null, null])
  })

  it.each([
    [
      'a day of 25 hours',
      'day',
      'Europe/Berlin',
      '2026-10-25T12:00:00Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ],
    [
      'a day of 23 hours',
      'day',
      'America/New_York',
      '2026-03-08T12:00:00Z',
      '2026-03-08T05:00:00.000Z',
      '2026-03-09T04:00:00.000Z',
    ],
    [
      'a day that begins at 01:00',
      'day',
      'Africa/Cairo',
      '2026-04-24T12:00:00Z',
      '2026-04-23T22:00:00.000Z',
      '2026-04-24T21:00:00.000Z',
    ],
    [
      'the day after the one Samoa left out',
      'day',
      'Pacific/Apia',
      '2011-12-30T12:00:00Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T10:00:00.000Z',
    ],
    [
      'a month across a change of clocks',
      'month',
      'Europe/Berlin',
      '2026-03-15T00:00:00Z',
      '2026-02-28T23:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ],
    [
      'a week from Monday',
      'week',
      'Asia/Kolkata',
      '2026-11-22T00:00:00Z',
      '2026-11-15T18:30:00.000Z',
      '2026-11-22T18:30:00.000Z',
    ],
    ['a leap February', 'month', 'UTC', '2028-02-29T23:00:00Z', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
  ] as const)('bounds %s', (_name, period, zone, instant, from, to) => {
    expect(bounds(period, zone, instant)).toEqual([from, to])
  })

  it('puts every instant into exactly one period, in every zone, and the periods in a row', () => {
    const zones = Intl.supportedValuesOf('timeZone')
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('day', 'week', 'month'),
        fc.integer({ min: at('2013-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') }),
        (zone, period, instant) => {
          const { fromMs, toMs } = periodBounds(period, zone, instant)
          if (fromMs === null || toMs === null) throw new Error('a calendar period has bounds')
          expect(instant).toBeGreaterThanOrEqual(fromMs)
          expect(instant).toBeLessThan(toMs)
          const id = periodIdOf(period, zone, instant)
          expect(periodIdOf(period, zone, fromMs)).toBe(id)
          expect(periodIdOf(period, zone, toMs - 1)).toBe(id)
          expect(periodIdOf(period, zone, toMs)).not.toBe(id)
          expect(periodBounds(period, zone, toMs).fromMs).toBe(toMs)
        },
      ),
      { numRuns: 300 },
    )
  })
})
