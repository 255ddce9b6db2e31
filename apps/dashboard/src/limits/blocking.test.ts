import { describe, expect, test } from 'vitest'
import { pusd } from '@atpar/core/money'
import type { LimitScope } from '@atpar/core/quota'
import { findBinding, findBlocking } from './blocking.ts'
import { chainOf } from './chain.ts'
import type { BudgetView, LimitViews, RateView } from './limit-state.ts'

const DAY_END = 1_000
const holder = (scope: LimitScope, scopeId: string = scope) => ({
  scope,
  scopeId,
  name: scope,
  teamIds: ['team'],
  memberId: scope === 'key' || scope === 'member' ? 'member' : null,
  isActive: true,
  ownerName: null,
})

const budget = (
  scope: LimitScope,
  over: Partial<BudgetView & { hard: boolean; modelId: string }> = {},
): BudgetView => ({
  kind: 'budget',
  holder: holder(scope),
  budget: {
    id: scope,
    scope,
    scopeId: scope,
    unit: 'usd',
    limitPusd: pusd(over.limit ?? 100n),
    limitTokens: null,
    softThresholds: [],
    period: 'day',
    timeZone: 'UTC',
    hard: over.hard ?? true,
    version: 1,
    modelId: over.modelId ?? null,
    tag: null,
    isCredit: false,
  },
  limit: 100n,
  used: 0n,
  held: 0n,
  endsAtMs: DAY_END,
  isLive: true,
  ...over,
})

const rate = (used: number): RateView => ({
  kind: 'rate',
  holder: holder('team'),
  limit: {
    id: 'rate',
    scope: 'team',
    scopeId: 'team',
    requestsPerMinute: 60,
    tokensPerMinute: null,
    concurrency: null,
    version: 1,
    modelId: null,
    tag: null,
  },
  requests: { limit: 60, used },
  tokens: null,
  concurrent: null,
  isLive: true,
})

const of = (budgets: readonly BudgetView[], rates: readonly RateView[] = []): LimitViews => ({
  budgets,
  rates,
  isLive: true,
})
const names = (limits: LimitViews) => findBlocking(limits).map((view) => view.holder.scope)

describe('what blocks', () => {
  test('is a hard budget that is used up by what is used and held together, not a soft one', () => {
    expect(names(of([budget('key', { used: 60n, held: 40n }), budget('team', { used: 200n, hard: false })]))).toEqual([
      'key',
    ])
  })

  test('is also one whose rest is too little for most requests', () => {
    expect(names(of([budget('key', { used: 95n })]))).toEqual([])
    expect(names(of([budget('key', { used: 96n })]))).toEqual(['key'])
  })

  test('is a budget of nothing', () => {
    expect(names(of([budget('organization', { limit: 0n })]))).toEqual(['organization'])
  })

  test('comes with what begins again last at the top', () => {
    const used = 100n
    const limits = of([budget('key', { used }), budget('organization', { used, endsAtMs: null })], [rate(60)])
    expect(names(limits)).toEqual(['organization', 'key', 'team'])
    expect(names(of([], [rate(59)]))).toEqual([])
  })
})

describe('which budget binds first', () => {
  test('is the one with the least room, though a lower level was given more', () => {
    const limits = of([
      budget('key', { limit: 500n }),
      budget('team', { limit: 100n, used: 30n }),
      budget('organization', { limit: 1_000n }),
    ])
    expect(findBinding(limits)?.holder.scope).toBe('team')
  })

  test('is none that is soft or counts one model only', () => {
    expect(findBinding(of([budget('key', { hard: false }), budget('team', { modelId: 'gpt-4o' })]))).toBeNull()
  })
})

test('a key is bound by its own, its member’s, its team’s and the organization’s limits, and by no other’s', () => {
  const holders = [
    holder('organization'),
    holder('team'),
    holder('team', 'other team'),
    holder('member', 'member'),
    holder('member', 'other member'),
    holder('key', 'other key'),
  ]
  const chain = (scope: LimitScope) => chainOf(holder(scope), holders).map(({ scopeId }) => scopeId)
  expect(chain('key')).toEqual(['key', 'member', 'team', 'organization'])
  expect(chain('team')).toEqual(['team', 'organization'])
  expect(chain('organization')).toEqual(['organization'])
})
