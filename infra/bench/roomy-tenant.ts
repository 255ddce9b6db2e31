import type { RunningSystem } from '../system/start-system.ts'
import { createTenant, type SeededTenant } from '../system/tenant.ts'

/** Room for every call of a bench on every level, so that what is measured is the cost of counting and never a refusal. */
export const createRoomyTenant = (system: RunningSystem, name: string): Promise<SeededTenant> =>
  createTenant(system.owner, {
    name,
    budgets: { organization: '1000000', team: '1000000', member: '1000000', key: '1000000' },
    rateLimits: { organization: 100_000_000, team: 100_000_000, member: 100_000_000, key: 100_000_000 },
  })
