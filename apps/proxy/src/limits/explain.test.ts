import { counterOf } from '@atpar/core/limit-arithmetic'
import type { Budget, BudgetState } from '@atpar/core/quota'
import type { Offering } from '@atpar/core/snapshot'
import type { RateState } from '@atpar/redis/quota'
import { describe, expect, it } from 'vitest'
import { foresee } from './explain.ts'
import { AT_MS, makeBudget, makeRate, makeState } from './limit-fixtures.ts'

/** A micro-dollar for a token of either side. */
const OFFERING: Offering = {
  id: 'o',
  modelId: 'm',
  task: 'chat',
  providerId: 'p',
  upstreamModel: 'm',
  contextTokens: 100_000,
  maxOutputTokens: 10_000,
  priority: 1,
  funding: 'platform',
  enabled: true,
  rates: {
    offeringId: 'o',
    priceVersionId: 'v',
    rows: [
      {
        contextFrom: 0,
        serviceTier: null,
        window: null,
        prices: {
          input_uncached: { amountPusd: 1_000_000n, perUnits: 1n },
          output_text: { amountPusd: 1_000_000n, perUnits: 1n },
        },
      },
    ],
  },
}
const ask = (limits: {
  readonly budgets?: readonly Budget[]
  readonly states?: readonly BudgetState[]
  readonly rates?: readonly RateState[]
}) => {
  const budgets = limits.budgets ?? []
  return foresee({
    candidates: [OFFERING],
    size: {
      expected: { inputTokens: 50, outputTokens: 1_000 },
      worst: { inputTokens: 100, outputTokens: 10_000 },
      floorTokens: 16,
    },
    budgets,
    counters: budgets.map((budget) => counterOf(budget, AT_MS)),
    states: limits.states ?? [],
    rates: limits.rates ?? [],
    atMs: AT_MS,
  })
}

/** In nano-dollars: what a token costs is a thousand. */
const withRoom = (tokens: bigint, held = 0n) => makeState({ used: 1_000_000_000n - tokens * 1_000n - held, held })

describe('what the next request would meet', () => {
  it('is nothing without limits, or with room enough', () => {
    expect(ask({})).toEqual({ obstacle: null, outputLimit: null })
    expect(ask({ budgets: [makeBudget()], states: [withRoom(50_000n)] })).toEqual({ obstacle: null, outputLimit: null })
  })

  it('is a shorter answer where room is short', () => {
    expect(ask({ budgets: [makeBudget()], states: [withRoom(300n)] })).toEqual({ obstacle: null, outputLimit: 200 })
  })

  it('is a refusal where not even the shortest fits, with what is missing', () => {
    const { obstacle } = ask({ budgets: [makeBudget({ period: 'day' })], states: [withRoom(100n)] })
    expect(obstacle).toMatchObject({ missing: '0.000016', frees: 'in_time', error: { code: 'budget_exceeded' } })
  })

  it('frees when running requests end, where what they hold would be enough', () => {
    expect(ask({ budgets: [makeBudget()], states: [withRoom(0n, 200_000n)] }).obstacle?.frees).toBe(
      'when_running_requests_end',
    )
  })

  it('frees only when raised, where the period never ends', () => {
    expect(ask({ budgets: [makeBudget({ period: 'total' })], states: [withRoom(0n)] }).obstacle?.frees).toBe(
      'when_raised',
    )
  })

  it('is not a soft budget, however far it is overrun', () => {
    expect(ask({ budgets: [makeBudget({ hard: false })], states: [withRoom(-500n)] }).obstacle).toBeNull()
  })

  it('names the budget with the smallest part left of those that refuse', () => {
    const budgets = [makeBudget({ scope: 'team' }), makeBudget({ id: 'b', scope: 'member' })]
    const states = [withRoom(50n), { ...withRoom(10n), budgetId: 'b' }]
    expect(ask({ budgets, states }).obstacle?.error.metadata.limit?.scope).toBe('member')
  })

  it.each([
    {
      rate: makeRate({ requestsPerMinute: 6 }, { remainingRequests: 0, resetRequestsMs: 60_000 }),
      kind: 'requests_per_minute',
      wait: 10,
    },
    {
      rate: makeRate(
        { requestsPerMinute: null, tokensPerMinute: 6_000 },
        { remainingTokens: 550, resetTokensMs: 54_500 },
      ),
      kind: 'tokens_per_minute',
      wait: 5,
    },
    { rate: makeRate({ requestsPerMinute: null, concurrency: 2 }, { concurrent: 2 }), kind: 'concurrency', wait: 1 },
  ])('is the rate that refuses, and when it no longer does: $kind', ({ rate, kind, wait }) => {
    expect(ask({ rates: [rate] }).obstacle?.error.metadata).toMatchObject({ limit: { kind }, retryAfterSeconds: wait })
  })

  it('is no token rate for a request larger than the whole limit when that is free', () => {
    const rate = makeRate({ requestsPerMinute: null, tokensPerMinute: 100 }, { remainingTokens: 100, resetTokensMs: 0 })
    expect(ask({ rates: [rate] }).obstacle).toBeNull()
  })
})
