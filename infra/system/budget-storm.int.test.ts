import { afterEach, describe, expect, it } from 'vitest'
import { HOLD_AT_MOST, playBudgetStorm } from './budget-storm.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant } from './tenant.ts'

const SEED = 90_210
// The proxy last: no rebuild of Redis afterwards helps to free what it held.
const STRIKES = ['redis-cut', 'redis-emptied', 'redis-flushed', 'redis-stale', 'proxy'] as const

describe('a budget of $1.00 in a storm of callers, with Redis and a proxy killed in the middle', () => {
  let system: RunningSystem
  afterEach(() => system.stop())

  it.each([
    { mode: 'asking Redis for each, through one proxy', proxies: 1, leases: 'off', stream: true },
    { mode: 'by leases, through four', proxies: 4, leases: 'on', stream: false },
  ])(
    'holds $mode, blames nobody, can be used up, and leaves nothing held',
    async ({ proxies, leases, stream }) => {
      system = await startSystem({ proxies, worker: true, proxyEnv: { PROXY_LEASES: leases, PROXY_LEASE_MS: '3000' } })
      const tenant = await createTenant(system.owner, { name: 'storm', budgets: { key: '1.00' } })
      const report = await playBudgetStorm(system, tenant, {
        budget: '1.00',
        callers: 500,
        stream,
        seed: SEED,
        strikes: STRIKES,
      })
      expect(report.others).toEqual([])
      expect(report.billedPusd).toBeLessThanOrEqual(report.budgetPusd)
      const room = report.budgetPusd - report.billedPusd
      const allowed = report.budgetPusd / 20n
      expect(room).toBeLessThanOrEqual(allowed > HOLD_AT_MOST ? allowed : HOLD_AT_MOST)
      expect(report.heldGoneAfterMs).not.toBeNull()
      if (leases === 'on') expect(report.admitted.byLease * 2).toBeGreaterThan(report.admitted.all)
    },
    240_000,
  )
})
