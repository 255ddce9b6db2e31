import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { playCap, readHeld } from './caps.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { createTenant } from './tenant.ts'

describe('a hard budget', () => {
  let system: RunningSystem
  beforeAll(async () => {
    system = await startSystem()
  }, 90_000)
  afterAll(() => system.stop())

  it.each([{ stream: false }, { stream: true }])(
    'holds against 200 calls at once (streamed: $stream), names the limit, and leaves nothing held',
    async ({ stream }) => {
      const tenant = await createTenant(system.owner, { name: 'cap', budgets: { key: '0.05' } })
      const report = await playCap(system, tenant, { budget: '0.05', parallel: 200, stream })
      expect(report.others).toEqual([])
      expect(report.billedPusd).toBeLessThanOrEqual(report.budgetPusd)
      // A cap that refuses everything would hold too.
      expect(report.answered).toBeGreaterThan(5)
      expect(report.refused).toBeGreaterThan(50)
      expect(report.refusal).toEqual({ status: 402, code: 'budget_exceeded', scope: 'key', limit: '0.05' })
      expect(await readHeld(system, tenant.orgId)).toBe(0n)
    },
    60_000,
  )
})
