import { DAY_MS, HOUR_MS } from '@atpar/core/durations'

export const RANGES = ['24h', '7d', '30d', 'month', 'last-month'] as const
export type RangeName = (typeof RANGES)[number]

export const RANGE_LABELS: Record<RangeName, string> = {
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
  month: 'This month',
  'last-month': 'Last month',
}

/** Half-open [from, to) on UTC hours, in steps of `stepMs`: what the roll-ups can answer exactly. */
export interface UsageRange {
  readonly fromMs: number
  readonly toMs: number
  readonly step: 'hour' | 'day'
}

const monthStart = (atMs: number, offset: number): number => {
  const at = new Date(atMs)
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + offset, 1)
}

export const resolveRange = (name: RangeName, nowMs: number): UsageRange => {
  const nextHour = Math.floor(nowMs / HOUR_MS) * HOUR_MS + HOUR_MS
  const nextDay = Math.floor(nowMs / DAY_MS) * DAY_MS + DAY_MS
  switch (name) {
    case '24h':
      return { fromMs: nextHour - DAY_MS, toMs: nextHour, step: 'hour' }
    case '7d':
      return { fromMs: nextDay - 7 * DAY_MS, toMs: nextDay, step: 'day' }
    case '30d':
      return { fromMs: nextDay - 30 * DAY_MS, toMs: nextDay, step: 'day' }
    case 'month':
      return { fromMs: monthStart(nowMs, 0), toMs: nextDay, step: 'day' }
    case 'last-month':
      return { fromMs: monthStart(nowMs, -1), toMs: monthStart(nowMs, 0), step: 'day' }
  }
}

/** Start of every step, oldest first. UTC days have no daylight saving, so steps are even. */
export const listSteps = (range: UsageRange): readonly number[] => {
  const stepMs = range.step === 'hour' ? HOUR_MS : DAY_MS
  return Array.from(
    { length: Math.ceil((range.toMs - range.fromMs) / stepMs) },
    (_, index) => range.fromMs + index * stepMs,
  )
}
