import { parseUsd } from '@atpar/core/money'
import { createTeam, putInTeam } from '@atpar/db/teams'
import { withTenant } from '@atpar/db/tenant'
import { createMemberWith } from '@atpar/testkit/factories'
import { foundOrganization } from '../found-organization.ts'
import type { Scenario } from '../world.ts'

/** What `npm start` shows: a small company that can call every model, and has not yet. */
export const demo: Scenario = async (world) => {
  const organization = await foundOrganization(world, {
    name: 'Demo Company',
    slug: 'demo-company',
    ownerEmail: 'demo@atpar.local',
    ownerName: 'Demo Owner',
    budgetPusd: parseUsd('1000'),
  })
  if (!organization.isNew) return 'the demo organization is in place'
  const { orgId } = organization.tenant
  const member = await createMemberWith(world.db, orgId, {
    email: 'ada@atpar.local',
    name: 'Ada Developer',
    password: world.password,
    teamId: organization.defaultTeamId,
  })
  await withTenant(world.db, organization.tenant, async (tx) => {
    const { teamId } = await createTeam(tx, orgId, 'Research')
    await putInTeam(tx, orgId, { teamId, memberId: member.memberId, role: 'team_admin' })
  })
  return 'made the demo organization'
}
