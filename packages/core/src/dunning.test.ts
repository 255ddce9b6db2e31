import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DUNNING_STAGES, dunningStage, isSuspended, lineInDunning, mayCreateKeys, nextDunningStep } from './dunning.ts'
import { DAY_MS } from './durations.ts'
import { pusd } from './money.ts'

const DUE = Date.UTC(2026, 10, 22)
const time = fc.integer({ min: 0, max: 100 * DAY_MS })

describe('dunning', () => {
  it.each([
    [-1, 'none'],
    [0, 'notice'],
    [3 * DAY_MS - 1, 'notice'],
    [3 * DAY_MS, 'no_new_keys'],
    [7 * DAY_MS, 'line_halved'],
    [14 * DAY_MS - 1, 'line_halved'],
    [14 * DAY_MS, 'suspended'],
    [30 * DAY_MS, 'uncollectible'],
    [900 * DAY_MS, 'uncollectible'],
  ] as const)('%i ms after the due date is %s', (sinceMs, stage) => {
    expect(dunningStage(DUE, DUE + sinceMs)).toBe(stage)
  })

  it('is nothing while nothing is unpaid', () => {
    fc.assert(
      fc.property(time, (nowMs) => dunningStage(null, nowMs) === 'none' && nextDunningStep(null, nowMs) === null),
    )
  })

  it('only grows with time and reaches every stage', () => {
    fc.assert(
      fc.property(time, time, (one, other) => {
        const [early, late] = [Math.min(one, other), Math.max(one, other)].map((at) =>
          DUNNING_STAGES.indexOf(dunningStage(DUE, DUE + at)),
        )
        return (early ?? 0) <= (late ?? 0)
      }),
    )
    const seen = new Set(Array.from({ length: 40 }, (_, day) => dunningStage(DUE, DUE + (day - 1) * DAY_MS)))
    expect([...seen]).toEqual([...DUNNING_STAGES])
  })

  it('says when the next step comes, and it comes then', () => {
    fc.assert(
      fc.property(time, (sinceMs) => {
        const nowMs = DUE + sinceMs
        const next = nextDunningStep(DUE, nowMs)
        if (next === null) return dunningStage(DUE, nowMs) === 'uncollectible'
        return (
          next.atMs > nowMs &&
          dunningStage(DUE, next.atMs) === next.stage &&
          dunningStage(DUE, next.atMs - 1) === dunningStage(DUE, nowMs)
        )
      }),
    )
  })

  it('takes new keys first, then half of the line, then the calls', () => {
    expect(DUNNING_STAGES.map(mayCreateKeys)).toEqual([true, true, false, false, false, false])
    expect(DUNNING_STAGES.map((stage) => lineInDunning(pusd(101n), stage))).toEqual([101n, 101n, 101n, 50n, 50n, 50n])
    expect(DUNNING_STAGES.map(isSuspended)).toEqual([false, false, false, false, true, true])
  })
})
