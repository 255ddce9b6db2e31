import { parseUsd } from '@atpar/core/money'
import { setBudget } from '@atpar/db/budgets'
import { loadSnapshot } from '@atpar/db/gateway'
import { withTenant } from '@atpar/db/tenant'
import { foundOrganization } from '../found-organization.ts'
import { seedUsageHistory } from '../usage-history.ts'
import type { Scenario } from '../world.ts'

/** An organization whose key has spent its budget of one cent: the next call answers 402 and names the limit. */
export const overBudget: Scenario = async (world) => {
  const organization = await foundOrganization(world, {
    name: 'Spent Ltd',
    slug: 'spent-ltd',
    ownerEmail: 'owner@spent.example',
    ownerName: 'Penny Owner',
    budgetPusd: parseUsd('1000'),
  })
  const { tenant, serviceKeyId, defaultTeamId } = organization
  if (organization.isNew) {
    await withTenant(world.db, tenant, (tx) =>
      setBudget(tx, tenant.orgId, {
        scope: 'key',
        scopeId: serviceKeyId,
        limitPusd: parseUsd('0.01'),
        period: 'total',
        hard: true,
      }),
    )
  }
  const source = { orgId: tenant.orgId, teamId: defaultTeamId, memberId: null, keyId: serviceKeyId }
  const snapshot = await loadSnapshot(world.pool)
  const inserted = await seedUsageHistory(world, {
    snapshot,
    models: ['gpt-4o'],
    sources: [source],
    days: 2,
    requestsPerDay: 40,
  })
  return `Spent Ltd has ${inserted} new requests against one cent`
}
