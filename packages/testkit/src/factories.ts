import { randomBytes, randomUUID } from 'node:crypto'
import { generateApiKey, hmacKey, type Pepper } from '@atpar/crypto/api-key'
import { hashPassword } from '@atpar/crypto/password'
import { createKey, type NewKey } from '@atpar/db/api-keys'
import type { Db } from '@atpar/db/client'
import { addMember } from '@atpar/db/members'
import { createOrganization, type CreatedOrganization } from '@atpar/db/organizations'
import { putInTeam } from '@atpar/db/teams'
import { withTenant, type OrgId, type Tenant } from '@atpar/db/tenant'
import { createUser, findLogin } from '@atpar/db/users'
import { parseUsd, type Pusd } from '@atpar/core/money'
import type { Role } from '@atpar/core/permissions'

// What seeds and tests have in common: they make their world through the repositories the product uses, so neither can build what it cannot.

export interface UserTraits {
  readonly email?: string
  readonly name?: string
  readonly password?: string
}

export interface MadeUser {
  readonly userId: string
  readonly email: string
}

/** The user of that e-mail address, made when there is none yet. */
export const createUserWith = async (db: Db, traits: UserTraits = {}): Promise<MadeUser> => {
  const email = traits.email ?? `user-${randomUUID().slice(0, 8)}@example.test`
  const existing = await findLogin(db, email)
  if (existing !== null) return { userId: existing.userId, email }
  const passwordHash = await hashPassword(traits.password ?? randomBytes(12).toString('base64url'))
  const { userId } = await createUser(db, {
    email,
    name: traits.name ?? email.replace(/@.*/, ''),
    passwordHash,
    emailVerifiedAtMs: Date.now(),
  })
  return { userId, email }
}

export interface OrganizationTraits {
  readonly name?: string
  readonly slug?: string
  readonly owner?: UserTraits
  /** Monthly hard budget; $1,000 unless told otherwise. */
  readonly budgetPusd?: Pusd
}

export interface MadeOrganization extends CreatedOrganization {
  readonly owner: MadeUser
  /** As the owner. */
  readonly tenant: Tenant
}

export const createOrganizationWith = async (db: Db, traits: OrganizationTraits = {}): Promise<MadeOrganization> => {
  const owner = await createUserWith(db, traits.owner)
  const name = traits.name ?? `Organization ${randomUUID().slice(0, 8)}`
  const organization = await createOrganization(db, {
    name,
    ownerUserId: owner.userId,
    starterCreditPusd: traits.budgetPusd ?? parseUsd('1000'),
    ...(traits.slug === undefined ? {} : { slug: traits.slug }),
  })
  return { ...organization, owner, tenant: { orgId: organization.orgId, userId: owner.userId } }
}

export interface MemberTraits extends UserTraits {
  readonly role?: Role
  /** Team to join; none when absent. */
  readonly teamId?: string
}

export const createMemberWith = async (
  db: Db,
  orgId: OrgId,
  traits: MemberTraits = {},
): Promise<MadeUser & { readonly memberId: string }> => {
  const user = await createUserWith(db, traits)
  return withTenant(db, { orgId, userId: null }, async (tx) => {
    const { memberId } = await addMember(tx, orgId, { userId: user.userId, role: traits.role ?? 'developer' })
    if (traits.teamId !== undefined) await putInTeam(tx, orgId, { teamId: traits.teamId, memberId, role: 'developer' })
    return { ...user, memberId }
  })
}

export const TEST_PEPPER: Pepper = { id: 'test', secret: Buffer.alloc(32, 1) }

export interface KeyTraits {
  readonly orgId: OrgId
  /** A member's key (optionally in a team) or a team's service key. */
  readonly holder:
    | { readonly kind: 'member'; readonly memberId: string; readonly teamId?: string }
    | { readonly kind: 'service'; readonly teamId: string }
  readonly name?: string
  readonly allowedModels?: readonly string[]
  readonly expiresAtMs?: number
  readonly pepper?: Pepper
  readonly createdByUserId?: string
}

export interface MadeKey {
  readonly keyId: string
  /** The whole key, as a client sends it. */
  readonly text: string
  readonly hmac: Uint8Array
}

export const createKeyWith = async (db: Db, traits: KeyTraits): Promise<MadeKey> => {
  const pepper = traits.pepper ?? TEST_PEPPER
  const generated = generateApiKey('test')
  const hmac = hmacKey(generated.text, pepper.secret)
  const { holder } = traits
  const basics = {
    name: traits.name ?? 'Test key',
    secret: { hmac, pepperId: pepper.id, publicPrefix: generated.publicPrefix, lastFour: generated.lastFour },
    createdByUserId: traits.createdByUserId ?? null,
    allowedModels: traits.allowedModels ?? [],
    expiresAtMs: traits.expiresAtMs ?? null,
  }
  const key: NewKey =
    holder.kind === 'member'
      ? { ...basics, kind: 'member', memberId: holder.memberId, teamId: holder.teamId ?? null }
      : { ...basics, kind: 'service', teamId: holder.teamId }
  const { keyId } = await withTenant(db, { orgId: traits.orgId, userId: null }, (tx) =>
    createKey(tx, traits.orgId, key),
  )
  return { keyId, text: generated.text, hmac }
}
