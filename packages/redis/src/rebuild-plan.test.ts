import { nanoUsd } from '@atpar/core/money'
import { describe, expect, it } from 'vitest'
import { budgetCounter } from './quota-fixtures.ts'
import { planRebuild, type KnownBoots } from './rebuild-plan.ts'
import type { BootReport, RebuiltHold } from './rebuild-report.ts'
import type { Survey, SurveyedHold, SurveyedLease } from './survey.ts'

const counter = budgetCounter()
const oldHold = (over: Partial<SurveyedHold>): SurveyedHold => ({
  holdId: 'old:1',
  bootId: 'boot-1',
  amount: nanoUsd(5n),
  deadlineMs: 1,
  tokens: 0,
  rateTokens: '0',
  counterKeys: ['budget-1:2026-11'],
  rates: '',
  payload: '',
  ...over,
})
const survey = (holds: readonly SurveyedHold[], version = 1): Survey => ({
  epoch: 'old',
  holds,
  counters: [{ counter: { ...counter, version }, used: nanoUsd(1n), held: nanoUsd(5n) }],
  leases: [],
  returned: [],
  settled: [],
})
const hold = (over: Partial<RebuiltHold> = {}): RebuiltHold => ({
  holdId: 'open:1',
  bootId: 'boot-1',
  amount: nanoUsd(7n),
  counters: [counter],
  deadlineMs: 2,
  payload: '',
  tokens: 0,
  rateTokens: '0',
  rates: '',
  ...over,
})
const report = (holds: readonly RebuiltHold[], bootId = 'boot-1'): BootReport => ({
  bootId,
  seq: 1,
  holds,
  leases: [],
  leaseFloor: 0,
})

const boots = (...live: readonly string[]): KnownBoots => ({ live: new Set(live), concluded: new Set(['over']) })

describe('planRebuild', () => {
  it('believes a boot that reported, and forgets what only the old data says of it', () => {
    const plan = planRebuild(survey([oldHold({})]), [report([hold()])], boots('boot-1'))
    expect(plan.holds.map(({ state, hold: { holdId } }) => [state, holdId])).toEqual([['held', 'open:1']])
    expect(plan.except.requestIds).toEqual(['open'])
  })

  it('keeps the old holds of a live boot that said nothing as held, and out of the sum', () => {
    const plan = planRebuild(
      survey([oldHold({ bootId: 'silent', holdId: 'quiet:1' })]),
      [report([])],
      boots('boot-1', 'silent'),
    )
    expect(plan.holds.map(({ state, hold: { holdId } }) => [state, holdId])).toEqual([['held', 'quiet:1']])
    expect(plan.except.requestIds).toEqual(['quiet'])
    expect(plan.counters).toEqual([counter])
  })

  it('suspends the old holds of a dead boot, and leaves them out of the sum: the worker adds what its journal shipped', () => {
    const plan = planRebuild(survey([oldHold({ bootId: 'dead', holdId: 'lost:1' })]), [report([])], boots('boot-1'))
    expect(plan.holds.map(({ state, hold: { holdId } }) => [state, holdId])).toEqual([['suspense', 'lost:1']])
    expect(plan.except.requestIds).toEqual(['lost'])
  })

  it('lets an old lease of a silent boot narrow the room by what was spent on it as well, until that is known', () => {
    const lease = (bootId: string): SurveyedLease => ({
      leaseId: `lease:${bootId}:1`,
      bootId,
      keep: { amount: nanoUsd(5n), tokens: 50, requests: 3 },
      consumed: { amount: nanoUsd(70n), tokens: 700, requests: 7 },
      revision: 4,
      counterKeys: ['budget-1:2026-11'],
      rates: '',
    })
    const plan = planRebuild({ ...survey([]), leases: [lease('dead'), lease('over')] }, [report([])], boots('boot-1'))
    expect(plan.leases).toMatchObject([
      {
        state: 'lease-suspense',
        lease: { bootId: 'dead', keep: { amount: 75n, tokens: 750, requests: 3 }, consumed: { amount: 0n, tokens: 0 } },
      },
    ])
    // What is concluded is in the sum, whatever data of yesterday says of it.
    expect(plan.except.leases).toEqual([{ bootId: 'dead', number: 1 }])
  })

  it('takes the newest limit that anybody knows, and no counter that no hold mentions', () => {
    const lowered = budgetCounter({ limit: nanoUsd(3n), version: 4 })
    expect(
      planRebuild(
        survey([], 2),
        [report([hold()]), report([hold({ holdId: 'b:1', counters: [lowered] })], 'boot-2')],
        boots(),
      ).counters,
    ).toEqual([lowered])
    expect(planRebuild(survey([], 9), [report([hold()])], boots()).counters).toMatchObject([{ version: 9 }])
    expect(planRebuild(survey([]), [report([])], boots()).counters).toEqual([])
  })
})
