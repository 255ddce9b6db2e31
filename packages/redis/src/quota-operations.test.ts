import { describe, expect, it } from 'vitest'
import { budgetCounter, rateLimit, reserveInput } from './quota-fixtures.ts'
import { readReserveReply } from './quota-operations.ts'
import { nanoUsd } from '@atpar/core/money'

describe('the reply to a reserve that was held', () => {
  const input = reserveInput({
    amount: nanoUsd(7n),
    tokens: 20.5,
    counters: [budgetCounter({ budgetId: 'money' }), budgetCounter({ budgetId: 'tokens', unit: 'tokens' })],
    rates: [rateLimit({ requestsPerMinute: 60, tokensPerMinute: 600, concurrency: 5 })],
  })

  it('is read to the last digit, above what a double holds and below zero too', () => {
    const reply = 'H 9007199254740991 90071992547409931 0 1000000000000000 -12 999999999999999 1500000 30000000 3'
    expect(readReserveReply(reply, input)).toEqual({
      kind: 'held',
      states: [
        {
          budgetId: 'money',
          periodId: '2026-11',
          unit: 'usd',
          limit: 9_007_199_254_740_991n,
          used: 90_071_992_547_409_931n,
          held: 7n,
        },
        {
          budgetId: 'tokens',
          periodId: '2026-11',
          unit: 'tokens',
          limit: 1_000_000_000_000_000n,
          used: -12n,
          held: 1_000_000_000_000_020n,
        },
      ],
      rates: [
        {
          limit: input.rates[0],
          remainingRequests: 58,
          resetRequestsMs: 1_500,
          remainingTokens: 300,
          resetTokensMs: 30_000,
          concurrent: 3,
        },
      ],
      leaseNumber: null,
    })
  })

  it.each(['H', 'H 1 2', 'H 1 2 3 4 5 6 7 8', 'H 1 2 3 4 5 x 7 8 9'])(
    'is not believed when it is cut or broken: "%s"',
    (reply) => {
      expect(() => readReserveReply(reply, input)).toThrow()
    },
  )
})
