import { describe, expect, it } from 'vitest'
import { AT_MS, makeBudget, makeRate, makeState, makeTokenBudget } from './limit-fixtures.ts'
import { namedHeaders } from '../http/reply.ts'
import { describeRefusal, describeStanding } from './limit-headers.ts'
import { budgetExceeded, rateLimited, refusal } from './refusals.ts'

describe('headers of an answer', () => {
  it('are none where nothing limits', () => {
    expect(describeStanding({ budgets: [], states: [], rates: [], atMs: AT_MS })).toBeNull()
  })

  it('tell the budget with the smallest part left, whatever it counts', () => {
    const told = describeStanding({
      budgets: [makeBudget({ scope: 'organization', period: 'total' }), makeTokenBudget({ scope: 'member' })],
      states: [
        makeState({ used: 800_000_000n, held: 50_000_000n }),
        makeState({ budgetId: 'budget-2', unit: 'tokens', limit: 1_000n, used: 900n, held: 40n }),
      ],
      rates: [],
      atMs: AT_MS,
    })
    expect(namedHeaders(told ?? [])).toEqual({
      'x-budget-scope': 'member',
      'x-budget-limit': '1000',
      'x-budget-remaining': '60',
      'x-budget-unit': 'tokens',
      'x-budget-reset': '2026-11-23T00:00:00.000Z',
    })
  })

  it('tell of several levels the rate with the least left, in OpenAI’s names and in the IETF’s', () => {
    const rates = [
      makeRate({ requestsPerMinute: 60 }, { remainingRequests: 41, resetRequestsMs: 19_001 }),
      makeRate(
        { requestsPerMinute: 10, tokensPerMinute: 5_000 },
        { remainingRequests: 9, resetRequestsMs: 6_000, remainingTokens: 4_200, resetTokensMs: 9_600 },
      ),
    ]
    const told = describeStanding({ budgets: [], states: [], rates, atMs: AT_MS })
    expect(namedHeaders(told ?? [])).toEqual({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '6s',
      'x-ratelimit-limit-tokens': '5000',
      'x-ratelimit-remaining-tokens': '4200',
      'x-ratelimit-reset-tokens': '10s',
      'ratelimit-policy': '"requests";q=10;w=60, "tokens";q=5000;w=60',
      ratelimit: '"requests";r=9;t=6, "tokens";r=4200;t=10',
    })
  })
})

describe('headers of a refusal', () => {
  const refused = (retryAfterMs: number | null) =>
    budgetExceeded({
      budget: makeBudget(),
      state: makeState({ used: 999_000_000n, held: 2_000_000n }),
      atMs: AT_MS,
      when: 'before',
      retryAfterMs,
    })

  it('by a budget name it, and say when to come back only when waiting helps', () => {
    expect(describeRefusal(refused(null))).toEqual({
      'x-budget-scope': 'key',
      'x-budget-limit': '1.00',
      'x-budget-remaining': '0.00',
      'x-budget-reset': '2026-11-23T00:00:00.000Z',
    })
    expect(describeRefusal(refused(1_500))).toMatchObject({ 'retry-after': '2' })
    expect(refused(1_500).retryable).toBe(false)
  })

  it('by a rate say which and when', () => {
    const { limit } = makeRate({ requestsPerMinute: 60 }, {})
    expect(describeRefusal(rateLimited(limit, 'requests_per_minute', 700))).toEqual({
      'retry-after': '1',
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1s',
      'ratelimit-policy': '"requests";q=60;w=60',
      ratelimit: '"requests";r=0;t=1',
    })
  })
})

describe('the sentence of a refusal', () => {
  it.each([
    {
      budget: makeBudget({ scope: 'team', period: 'month', modelId: 'gpt-4o' }),
      state: makeState({ used: 990_000_000n, held: 10_000_000n }),
      says: "The team's monthly budget of $1.00 for gpt-4o leaves no room: $0.99 spent, $0.01 held for running requests. It resets at 2026-12-01T00:00:00.000Z; an admin of the team or of the organization can raise it.",
    },
    {
      budget: makeTokenBudget({ scope: 'organization', period: 'total', tag: 'batch' }),
      state: makeState({ budgetId: 'budget-2', unit: 'tokens', limit: 1_000n, used: 990n, held: 5n }),
      says: "The organization's total budget of 1000 tokens for the tag batch leaves no room: 990 tokens spent, 5 tokens held for running requests. It does not reset by itself; an owner or admin of the organization can raise it.",
    },
  ])('says which, how much, until when and who can raise it: $budget.scope', ({ budget, state, says }) => {
    expect(budgetExceeded({ budget, state, atMs: AT_MS, when: 'before', retryAfterMs: null }).message).toBe(says)
  })

  it('of a fault of ours is no limit of the caller’s', () => {
    expect(refusal({ kind: 'unavailable', cause: 'down' }, { budgets: [], atMs: AT_MS })).toMatchObject({
      code: 'quota_unavailable',
      status: 503,
    })
  })
})
