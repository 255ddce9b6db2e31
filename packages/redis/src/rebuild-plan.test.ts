import { nanoUsd } from '@atpar/core/money'
import { describe, expect, it } from 'vitest'
import { budgetCounter } from './quota-fixtures.ts'
import { planRebuild } from './rebuild-plan.ts'
import type { BootReport, RebuiltHold } from './rebuild-report.ts'
import type { Survey, SurveyedHold } from './survey.ts'

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

describe('planRebuild', () => {
  it('believes a boot that reported, and forgets what only the old data says of it', () => {
    const plan = planRebuild(survey([oldHold({})]), [report([hold()])], new Set(['boot-1']))
    expect(plan.holds.map(({ state, hold: { holdId } }) => [state, holdId])).toEqual([['held', 'open:1']])
    expect(plan.except.requestIds).toEqual(['open'])
  })

  it('keeps the old holds of a live boot that said nothing as held, and out of the sum', () => {
    const plan = planRebuild(
      survey([oldHold({ bootId: 'silent', holdId: 'quiet:1' })]),
      [report([])],
      new Set(['boot-1', 'silent']),
    )
    expect(plan.holds.map(({ state, hold: { holdId } }) => [state, holdId])).toEqual([['held', 'quiet:1']])
    expect(plan.except.requestIds).toEqual(['quiet'])
    expect(plan.counters).toEqual([counter])
  })

  it('suspends the old holds of a dead boot, and leaves them out of the sum: the worker adds what its journal shipped', () => {
    const plan = planRebuild(survey([oldHold({ bootId: 'dead', holdId: 'lost:1' })]), [report([])], new Set(['boot-1']))
    expect(plan.holds.map(({ state, hold: { holdId } }) => [state, holdId])).toEqual([['suspense', 'lost:1']])
    expect(plan.except.requestIds).toEqual(['lost'])
  })

  it('takes the newest limit that anybody knows, and no counter that no hold mentions', () => {
    const lowered = budgetCounter({ limit: nanoUsd(3n), version: 4 })
    expect(
      planRebuild(
        survey([], 2),
        [report([hold()]), report([hold({ holdId: 'b:1', counters: [lowered] })], 'boot-2')],
        new Set(),
      ).counters,
    ).toEqual([lowered])
    expect(planRebuild(survey([], 9), [report([hold()])], new Set()).counters).toMatchObject([{ version: 9 }])
    expect(planRebuild(survey([]), [report([])], new Set()).counters).toEqual([])
  })
})
