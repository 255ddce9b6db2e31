import { DAY_MS, HOUR_MS, MINUTE_MS } from './durations.ts'
import type { BudgetPeriod } from './quota.ts'

/** Half-open in UTC milliseconds; null = without that bound. */
export interface PeriodBounds {
  readonly fromMs: number | null
  readonly toMs: number | null
}

interface KnownPeriod extends PeriodBounds {
  readonly id: string
  readonly fromMs: number
  readonly toMs: number
}

/** More than any zone is ahead of or behind UTC. */
const WIDEST_OFFSET_MS = 16 * HOUR_MS
const UNBOUNDED: PeriodBounds = { fromMs: null, toMs: null }

/**
 * Names the period that holds an instant: `2026-11-22`, `2026-W47` (ISO week, from Monday), `2026-11` or `total`, by the calendar of an IANA
 * zone. Spend is keyed by this id, so a new period begins by itself. The current period of each zone is remembered, which makes the
 * call two comparisons on the request path.
 * @throws RangeError when the zone does not exist
 */
export const periodIdOf = (period: BudgetPeriod, timeZone: string, atMs: number): string =>
  period === 'total' ? 'total' : findPeriod(period, timeZone, atMs).id

/** From the first instant of the period's first local day to the first instant after its last; `total` has neither. */
export const periodBounds = (period: BudgetPeriod, timeZone: string, atMs: number): PeriodBounds => {
  if (period === 'total') return UNBOUNDED
  const { fromMs, toMs } = findPeriod(period, timeZone, atMs)
  return { fromMs, toMs }
}

type CalendarPeriod = Exclude<BudgetPeriod, 'total'>

/** A memo of a pure function: the last period asked for, per kind and zone. */
const lastFound: Readonly<Record<CalendarPeriod, Map<string, KnownPeriod>>> = {
  day: new Map(),
  week: new Map(),
  month: new Map(),
}

const findPeriod = (period: CalendarPeriod, timeZone: string, atMs: number): KnownPeriod => {
  const last = lastFound[period].get(timeZone)
  if (last !== undefined && atMs >= last.fromMs && atMs < last.toMs) return last
  const found = computePeriod(period, timeZone, atMs)
  lastFound[period].set(timeZone, found)
  return found
}

const computePeriod = (period: CalendarPeriod, timeZone: string, atMs: number): KnownPeriod => {
  const clock = openClock(timeZone)
  let day = clock.localDayOf(atMs)
  // Where clocks went back across midnight a date can appear twice; the bounds decide, so that every instant has one day.
  if (atMs < clock.startOf(day)) day -= 1
  else if (atMs >= clock.startOf(day + 1)) day += 1
  const { first, next, id } = daysOf(period, day)
  return { id, fromMs: clock.startOf(first), toMs: clock.startOf(next) }
}

/** Days are counted from 1970-01-01, so that calendar arithmetic needs no zone. */
const daysOf = (
  period: CalendarPeriod,
  day: number,
): { readonly first: number; readonly next: number; readonly id: string } => {
  const date = new Date(day * DAY_MS)
  switch (period) {
    case 'day':
      return { first: day, next: day + 1, id: date.toISOString().slice(0, 10) }
    case 'week': {
      const monday = day - ((date.getUTCDay() + 6) % 7)
      return { first: monday, next: monday + 7, id: weekId(monday) }
    }
    case 'month':
      return {
        first: Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY_MS,
        next: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS,
        id: date.toISOString().slice(0, 7),
      }
  }
}

/** ISO 8601: a week belongs to the year of its Thursday. */
const weekId = (monday: number): string => {
  const year = new Date((monday + 3) * DAY_MS).getUTCFullYear()
  const dayOfYear = monday + 3 - Date.UTC(year, 0, 1) / DAY_MS
  return `${year}-W${String(Math.floor(dayOfYear / 7) + 1).padStart(2, '0')}`
}

interface ZoneClock {
  readonly localDayOf: (atMs: number) => number
  /** The first instant of a local day. Searched for rather than computed: where clocks jump at midnight, 00:00 does not exist. */
  readonly startOf: (day: number) => number
}

const openClock = (timeZone: string): ZoneClock => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  })
  const localDayOf = (atMs: number): number => {
    let year = 0
    let month = 0
    let day = 0
    for (const part of format.formatToParts(atMs)) {
      if (part.type === 'year') year = Number(part.value)
      else if (part.type === 'month') month = Number(part.value)
      else if (part.type === 'day') day = Number(part.value)
    }
    return Date.UTC(year, month - 1, day) / DAY_MS
  }
  const startOf = (day: number): number => {
    let before = day * DAY_MS - WIDEST_OFFSET_MS
    let after = day * DAY_MS + WIDEST_OFFSET_MS
    while (after - before > MINUTE_MS) {
      const middle = before + Math.floor((after - before) / (2 * MINUTE_MS)) * MINUTE_MS
      if (localDayOf(middle) < day) before = middle
      else after = middle
    }
    return after
  }
  return { localDayOf, startOf }
}
