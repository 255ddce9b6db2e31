import { describe, expect, it } from 'vitest'
import { counterOf, countersOf, limitsOn, roomOf, tightestOf } from './limit-arithmetic.ts'
import { pusd, ZERO_PUSD } from './money.ts'
import type { Budget, BudgetState } from './quota.ts'

const budget: Budget = {
  id: 'b',
  scope: 'key',
  scopeId: 'k',
  unit: 'usd',
  limitPusd: pusd(50_000_000_999n),
  limitTokens: null,
  modelId: null,
  tag: null,
  softThresholds: [],
  period: 'day',
  timeZone: 'Asia/Tokyo',
  hard: true,
  version: 3,
}
const state = (budgetId: string, limit: bigint, used: bigint, held: bigint): BudgetState => ({
  budgetId,
  periodId: 'total',
  unit: 'usd',
  limit,
  used,
  held,
})

describe('counterOf', () => {
  it('keys the counter by the local day and never rounds a limit up', () => {
    expect(counterOf(budget, Date.parse('2026-11-22T15:00:00Z'))).toEqual({
      budgetId: 'b',
      periodId: '2026-11-23',
      unit: 'usd',
      limit: 50_000_000n,
      version: 3,
      hard: true,
    })
  })

  it('counts tokens by the limit in tokens', () => {
    const counted = counterOf({ ...budget, unit: 'tokens', limitPusd: ZERO_PUSD, limitTokens: 5_000n }, 0)
    expect([counted.unit, counted.limit]).toEqual(['tokens', 5_000n])
  })
})

describe('countersOf', () => {
  const weekly: Budget = { ...budget, id: 'w', period: 'week', timeZone: 'UTC' }
  const list = [budget, weekly, { ...budget, id: 't', period: 'total' as const }]

  it('is counterOf of each, also after the first of the periods has ended', () => {
    for (const instant of [
      '2026-11-22T14:59:59.999Z',
      '2026-11-22T15:00:00Z',
      '2026-11-23T00:00:00Z',
      '2026-11-20T00:00:00Z',
    ]) {
      const atMs = Date.parse(instant)
      expect(countersOf(list, atMs)).toEqual(list.map((each) => counterOf(each, atMs)))
    }
  })

  it('is the same array within the same periods', () => {
    const atMs = Date.parse('2026-11-22T15:00:00Z')
    expect(countersOf(list, atMs)).toBe(countersOf(list, atMs + 3_600_000))
    expect(countersOf(list, atMs)).not.toBe(countersOf([...list], atMs))
  })
})

describe('roomOf', () => {
  it('leaves what is neither used nor held', () => {
    expect(roomOf(state('a', 10n, 3n, 4n))).toBe(3n)
  })
  it('is never negative', () => {
    expect(roomOf(state('a', 10n, 30n, 0n))).toBe(0n)
  })
})

describe('tightestOf', () => {
  it('picks the least room, and the first of equals', () => {
    const states = [state('wide', 100n, 0n, 0n), state('first', 5n, 5n, 0n), state('second', 1n, 9n, 0n)]
    expect(tightestOf(states)?.budgetId).toBe('first')
    expect(tightestOf([])).toBeUndefined()
  })
})

describe('limitsOn', () => {
  const one = { modelId: 'gpt-4o', tag: null, name: 'model' }
  const tagged = { modelId: null, tag: 'batch', name: 'tag' }
  const whole = { modelId: null, tag: null, name: 'all' }
  const namesFor = (modelId: string, tags: readonly string[]) =>
    limitsOn([one, tagged, whole], { modelId, tags }).map(({ name }) => name)

  it('keeps those that count the request', () => {
    expect(namesFor('gpt-4o', [])).toEqual(['model', 'all'])
    expect(namesFor('gpt-4o-mini', ['x', 'batch'])).toEqual(['tag', 'all'])
    expect(namesFor('gpt-4o-mini', ['batch-7'])).toEqual(['all'])
  })

  it('is the very same array when all do, so that nothing is copied per request', () => {
    const limits = [whole, tagged]
    expect(limitsOn(limits, { modelId: 'x', tags: ['batch'] })).toBe(limits)
  })
})
