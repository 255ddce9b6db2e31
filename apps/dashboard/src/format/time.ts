import { DAY_MS, HOUR_MS, MINUTE_MS } from '@atpar/core/durations'

export type TimeStyle = 'hour' | 'minute' | 'second' | 'day'

const OPTIONS: Record<TimeStyle, Intl.DateTimeFormatOptions> = {
  // Roll-ups know the hour and no more; minutes would be invented.
  hour: { month: 'short', day: 'numeric', hour: 'numeric', hourCycle: 'h12' },
  minute: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  second: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  day: { year: 'numeric', month: 'short', day: 'numeric' },
}

export const formatInstant = (atMs: number, style: TimeStyle, timeZone: string): string =>
  new Intl.DateTimeFormat('en-US', { ...OPTIONS[style], timeZone }).format(atMs)

/** `2026-11-22 14:06:33 UTC` */
export const formatUtc = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** `November 2026` of a period's first day, `2026-11-01`. */
export const formatPeriod = (firstDay: string): string =>
  new Intl.DateTimeFormat('en-US', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${firstDay}T00:00:00Z`),
  )

const STEPS = [
  { limitMs: MINUTE_MS, unitMs: 1_000, name: 'second' },
  { limitMs: HOUR_MS, unitMs: MINUTE_MS, name: 'minute' },
  { limitMs: DAY_MS, unitMs: HOUR_MS, name: 'hour' },
  { limitMs: Number.POSITIVE_INFINITY, unitMs: DAY_MS, name: 'day' },
] as const

/** `just now`, `5 minutes ago`, `3 days ago` */
export const formatAgo = (atMs: number, nowMs: number): string => {
  const elapsed = Math.max(0, nowMs - atMs)
  if (elapsed < 5_000) return 'just now'
  const step = STEPS.find((candidate) => elapsed < candidate.limitMs) ?? STEPS[3]
  const count = Math.floor(elapsed / step.unitMs)
  return `${count} ${step.name}${count === 1 ? '' : 's'} ago`
}
