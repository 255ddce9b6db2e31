import { parseUsd } from '@atpar/core/money'
import { setBudget } from '@atpar/db/budgets'
import { loadSnapshot } from '@atpar/db/gateway'
import { createTeam } from '@atpar/db/teams'
import { withTenant } from '@atpar/db/tenant'
import { createKeyWith, createMemberWith } from '@atpar/testkit/factories'
import { listKeys } from '@atpar/db/api-keys'
import { foundOrganization, type FoundOrganization } from '../found-organization.ts'
import { seedUsageHistory, type UsageSource } from '../usage-history.ts'
import type { Scenario, SeedWorld } from '../world.ts'

const TEAMS = ['Platform', 'Search', 'Support'] as const
const PEOPLE = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Frances'] as const
const MODELS = ['gpt-4o-mini', 'gpt-4o', 'claude-sonnet-5', 'gemini-2.5-flash', 'deepseek-chat', 'qwen-plus']
const DAYS = 45
const REQUESTS_PER_KEY_AND_DAY = 12

const settle = async (world: SeedWorld, acme: FoundOrganization): Promise<void> => {
  const { tenant } = acme
  const teams = await withTenant(world.db, tenant, async (tx) => {
    const made: string[] = []
    for (const name of TEAMS) {
      const { teamId } = await createTeam(tx, tenant.orgId, name)
      await setBudget(tx, tenant.orgId, {
        scope: 'team',
        scopeId: teamId,
        limitPusd: parseUsd('400'),
        period: 'month',
        hard: true,
      })
      made.push(teamId)
    }
    return made
  })
  for (const [index, name] of PEOPLE.entries()) {
    const teamId = teams[index % teams.length] ?? acme.defaultTeamId
    const email = `${name.toLowerCase()}@acme.example`
    const member = await createMemberWith(world.db, tenant.orgId, { email, name, password: world.password, teamId })
    await createKeyWith(world.db, {
      orgId: tenant.orgId,
      holder: { kind: 'member', memberId: member.memberId, teamId },
      name: `${name}'s laptop`,
      pepper: world.pepper,
      createdByUserId: member.userId,
    })
  }
}

/** A company of seven with three teams and six weeks of usage at list price: screens with something on them. */
export const acme: Scenario = async (world) => {
  const organization = await foundOrganization(world, {
    name: 'Acme Robotics',
    slug: 'acme-robotics',
    ownerEmail: 'owner@acme.example',
    ownerName: 'Wile Owner',
    budgetPusd: parseUsd('2000'),
  })
  if (organization.isNew) await settle(world, organization)
  const { orgId } = organization.tenant
  const keys = await withTenant(world.db, organization.tenant, (tx) => listKeys(tx, orgId, { atMs: world.nowMs }))
  const sources = keys.map((key): UsageSource => ({
    orgId,
    teamId: key.teamId,
    memberId: key.memberId,
    keyId: key.keyId,
  }))
  const snapshot = await loadSnapshot(world.pool)
  const inserted = await seedUsageHistory(world, {
    snapshot,
    models: MODELS,
    sources,
    days: DAYS,
    requestsPerDay: REQUESTS_PER_KEY_AND_DAY,
  })
  return `Acme Robotics has ${inserted} new requests in its history`
}
