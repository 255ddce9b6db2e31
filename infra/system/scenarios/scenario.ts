import { createPool } from '@atpar/db/pool'
import { proveOrganization } from '../../operator/prove-organization.ts'
import { playDisturbed, type DisturbancePlan, type FaultReport } from '../faults.ts'
import type { RunningSystem, SystemOptions } from '../start-system.ts'
import { createTenant, type SeededTenant } from '../tenant.ts'

/** One row of the table of fault scenarios: what fails, and what must hold all the same. */
export interface Scenario {
  readonly number: number
  readonly fault: string
  /** Beyond the common criteria. */
  readonly reach: string
  readonly system: SystemOptions
  readonly play: (system: RunningSystem, plan: ScenarioPlan) => Promise<ScenarioOutcome>
}

export interface ScenarioPlan {
  readonly seed: number
  /** A small one for CI, or one that takes minutes. */
  readonly size: 'small' | 'full'
}

export interface ScenarioOutcome {
  /** What was seen of the extra criterion, in words. */
  readonly seen: string
  /** Everything that must not be; empty = passed. */
  readonly troubles: readonly string[]
}

/**
 * A disturbed mix of a new organization, judged by the criteria common to all scenarios: books equal to the pico-dollar, no request lost or
 * billed twice, proofs zero, and no fault of ours shown as the caller's.
 */
export const playCommon = async (
  system: RunningSystem,
  plan: DisturbancePlan,
): Promise<{ readonly tenant: SeededTenant; readonly report: FaultReport; readonly troubles: readonly string[] }> => {
  const tenant = await createTenant(system.owner, { name: 'scenario', budgets: BUDGETS })
  const report = await playDisturbed(system, tenant, plan)
  return { tenant, report, troubles: [...listTroubles(report), ...(await proveOne(system, tenant.slug))] }
}

/** Five levels count with the platform's own limits: organization, team, member and key are the tenant's. */
const BUDGETS = { organization: '1000', team: '900', member: '800', key: '700' }

const listTroubles = ({ reconciliation, unaccounted, mislabelled, results }: FaultReport): readonly string[] => [
  ...reconciliation.missing.map((text) => `no event: ${text}`),
  ...reconciliation.duplicates.map((text) => `twice: ${text}`),
  ...reconciliation.exact.mismatches.map((text) => `off: ${text}`),
  ...reconciliation.partial.overcharged.map((text) => `above the book: ${text}`),
  ...unaccounted.map((text) => `received but unaccounted: ${text}`),
  ...mislabelled.map((text) => `our fault as the caller's: ${text}`),
  ...(results.some((result) => result.status === 200) ? [] : ['nothing was answered']),
]

export const proveOne = async (system: RunningSystem, slug: string): Promise<readonly string[]> => {
  const pool = createPool({ url: system.database.urlFor('worker'), max: 2, applicationName: 'scenario' })
  try {
    const { lines } = await proveOrganization(pool, slug)
    return lines.filter((line) => !line.endsWith('holds'))
  } finally {
    await pool.end()
  }
}

/** `200 × 412, 503 × 7`. */
export const countStatuses = ({ results }: FaultReport): string =>
  [...Map.groupBy(results, (result) => result.status)]
    .sort(([one], [other]) => one - other)
    .map(([status, all]) => `${status} × ${all.length}`)
    .join(', ')
