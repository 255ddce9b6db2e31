import { DAY_MS } from './durations.ts'
import { pusd, type Pusd } from './money.ts'

/**
 * What an unpaid invoice leads to, day by day. A pure function of when the oldest one was due and of now: no step can be skipped, forgotten or left
 * behind, and a payment undoes all of them at once.
 */
export const DUNNING_STAGES = ['none', 'notice', 'no_new_keys', 'line_halved', 'suspended', 'uncollectible'] as const
export type DunningStage = (typeof DUNNING_STAGES)[number]

/** Days after the due date from which a stage holds. */
export const DUNNING_DAYS: Readonly<Record<Exclude<DunningStage, 'none'>, number>> = {
  notice: 0,
  no_new_keys: 3,
  line_halved: 7,
  suspended: 14,
  uncollectible: 30,
}

const FROM_LAST = ['uncollectible', 'suspended', 'line_halved', 'no_new_keys', 'notice'] as const

/** @param oldestUnpaidDueAtMs null = nothing is unpaid */
export const dunningStage = (oldestUnpaidDueAtMs: number | null, nowMs: number): DunningStage => {
  if (oldestUnpaidDueAtMs === null) return 'none'
  const days = (nowMs - oldestUnpaidDueAtMs) / DAY_MS
  return FROM_LAST.find((stage) => days >= DUNNING_DAYS[stage]) ?? 'none'
}

/** Null after the last one, and while nothing is unpaid. */
export const nextDunningStep = (
  oldestUnpaidDueAtMs: number | null,
  nowMs: number,
): { readonly stage: DunningStage; readonly atMs: number } | null => {
  if (oldestUnpaidDueAtMs === null) return null
  const next = DUNNING_STAGES[DUNNING_STAGES.indexOf(dunningStage(oldestUnpaidDueAtMs, nowMs)) + 1]
  if (next === undefined || next === 'none') return null
  return { stage: next, atMs: oldestUnpaidDueAtMs + DUNNING_DAYS[next] * DAY_MS }
}

const reaches = (stage: DunningStage, from: DunningStage): boolean =>
  DUNNING_STAGES.indexOf(stage) >= DUNNING_STAGES.indexOf(from)

export const mayCreateKeys = (stage: DunningStage): boolean => !reaches(stage, 'no_new_keys')
export const isSuspended = (stage: DunningStage): boolean => reaches(stage, 'suspended')
export const lineInDunning = (linePusd: Pusd, stage: DunningStage): Pusd =>
  reaches(stage, 'line_halved') ? pusd(linePusd / 2n) : linePusd
