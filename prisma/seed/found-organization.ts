import { hashPassword } from '@atpar/crypto/password'
import { listKeys, revokeKey } from '@atpar/db/api-keys'
import { listMemberships } from '@atpar/db/members'
import { listTeams } from '@atpar/db/teams'
import { withActor, withTenant, type Tenant } from '@atpar/db/tenant'
import { setPasswordHash } from '@atpar/db/users'
import { createKeyWith, createOrganizationWith, createUserWith } from '@atpar/testkit/factories'
import type { Pusd } from '@atpar/core/money'
import { readKeyFile, writeKeyFile } from './key-file.ts'
import type { SeedWorld } from './world.ts'

export interface OrganizationPlan {
  readonly name: string
  readonly slug: string
  readonly ownerEmail: string
  readonly ownerName: string
  readonly budgetPusd: Pusd
}

export interface FoundOrganization {
  readonly tenant: Tenant
  readonly slug: string
  readonly defaultTeamId: string
  readonly serviceKeyId: string
  /** False when it was there from an earlier run. */
  readonly isNew: boolean
}

const SERVICE_KEY_NAME = 'Demo key'

const findOrCreate = async (world: SeedWorld, plan: OrganizationPlan) => {
  const owner = await createUserWith(world.db, {
    email: plan.ownerEmail,
    name: plan.ownerName,
    password: world.password,
  })
  const memberships = await withActor(world.db, owner.userId, listMemberships)
  const existing = memberships.find((membership) => membership.slug === plan.slug)
  if (existing === undefined) {
    const made = await createOrganizationWith(world.db, {
      name: plan.name,
      slug: plan.slug,
      budgetPusd: plan.budgetPusd,
      owner: { email: plan.ownerEmail },
    })
    return {
      userId: owner.userId,
      tenant: made.tenant,
      slug: made.slug,
      defaultTeamId: made.defaultTeamId,
      isNew: true,
    }
  }
  const tenant = { orgId: existing.orgId, userId: owner.userId }
  const [team] = await withTenant(world.db, tenant, (tx) => listTeams(tx, existing.orgId))
  if (team === undefined) throw new Error(`Organization ${plan.slug} has no team left to hold the demo key.`)
  return { userId: owner.userId, tenant, slug: existing.slug, defaultTeamId: team.teamId, isNew: false }
}

/**
 * The organization with its owner and one service key whose text is in the key file. When the file was lost, the key is replaced and the owner's
 * password set anew: whoever holds this folder can always get in again.
 */
export const foundOrganization = async (world: SeedWorld, plan: OrganizationPlan): Promise<FoundOrganization> => {
  const { userId, ...found } = await findOrCreate(world, plan)
  const { orgId } = found.tenant
  const keys = await withTenant(world.db, found.tenant, (tx) => listKeys(tx, orgId, { atMs: world.nowMs }))
  const demoKey = keys.find((key) => key.name === SERVICE_KEY_NAME && key.status === 'active')
  if (demoKey !== undefined && readKeyFile(world.keyFile, found.slug) !== null)
    return { ...found, serviceKeyId: demoKey.keyId }
  if (demoKey !== undefined)
    await withTenant(world.db, found.tenant, (tx) => revokeKey(tx, orgId, { keyId: demoKey.keyId, reason: 'revoked' }))
  if (!found.isNew) {
    const passwordHash = await hashPassword(world.password)
    await withActor(world.db, userId, (tx) => setPasswordHash(tx, userId, passwordHash))
  }
  const key = await createKeyWith(world.db, {
    orgId,
    holder: { kind: 'service', teamId: found.defaultTeamId },
    name: SERVICE_KEY_NAME,
    pepper: world.pepper,
    createdByUserId: userId,
  })
  writeKeyFile(world.keyFile, { email: plan.ownerEmail, password: world.password, key: key.text, org: found.slug })
  return { ...found, serviceKeyId: key.keyId }
}
