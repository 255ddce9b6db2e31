import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { playFault } from './faults.ts'
import { startSystem, type RunningSystem } from './start-system.ts'
import { FAULTS } from './strike.ts'
import { createTenant } from './tenant.ts'

const SEED = 4_242

describe('kill -9 in the middle of a mix', () => {
  let system: RunningSystem
  beforeAll(async () => {
    system = await startSystem({ worker: true, privatePostgres: true, tokenDelayMs: 2 })
  }, 120_000)
  afterAll(() => system.stop())

  it.each(FAULTS)(
    "of the %s: every billed request has exactly one event, to the pico-dollar, and no fault of ours is shown as the caller's",
    async (fault) => {
      const tenant = await createTenant(system.owner, { name: `fault-${fault}` })
      const report = await playFault(system, tenant, { fault, seed: SEED, calls: 240, concurrency: 12 })
      expect(report.reconciliation.missing).toEqual([])
      expect(report.reconciliation.duplicates).toEqual([])
      expect(report.reconciliation.exact.mismatches).toEqual([])
      expect(report.reconciliation.partial.overcharged).toEqual([])
      expect(report.unaccounted).toEqual([])
      expect(report.mislabelled).toEqual([])
      // The system was of use before and after.
      expect(report.results.filter((result) => result.status === 200).length).toBeGreaterThan(120)
    },
    120_000,
  )
})
