import { isUuid } from '@atpar/core/ids'
import type { Role } from '@atpar/core/permissions'
import type { KeySecret } from './api-keys.ts'
import type { Db, Tx } from './client.ts'
import { newId } from './new-id.ts'
import { asOrgId, type OrgId } from './tenant.ts'

export const MANAGEMENT_ROLES = ['admin', 'billing', 'viewer'] as const satisfies readonly Role[]
/** What a management key may be: no owner, so that none can give the organization away, and no developer, because nothing is its own. */
export type ManagementRole = (typeof MANAGEMENT_ROLES)[number]

/** `orphaned`: whoever made it left, or may no longer make such keys. */
export type ManagementKeyState = 'active' | 'revoked' | 'expired' | 'orphaned'

export interface NewManagementKey {
  readonly name: string
  readonly role: ManagementRole
  /** Empty = from anywhere. */
  readonly allowedCidrs: readonly string[]
  readonly expiresAtMs: number | null
  readonly secret: KeySecret
  readonly createdByUserId: string
}

export interface ManagementKeySummary {
  readonly managementKeyId: string
  readonly name: string
  readonly role: ManagementRole
  readonly state: ManagementKeyState
  readonly allowedCidrs: readonly string[]
  readonly publicPrefix: string
  readonly lastFour: string
  readonly createdByName: string | null
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  /** UTC day. */
  readonly lastUsedOn: string | null
  readonly revokedAtMs: number | null
}

export const createManagementKey = async (
  tx: Tx,
  orgId: OrgId,
  key: NewManagementKey,
): Promise<{ readonly managementKeyId: string }> => {
  const managementKeyId = newId()
  await tx.managementKey.create({
    data: {
      id: managementKeyId,
      orgId,
      name: key.name,
      role: key.role,
      allowedCidrs: [...key.allowedCidrs],
      hmac: Uint8Array.from(key.secret.hmac),
      pepperId: key.secret.pepperId,
      publicPrefix: key.secret.publicPrefix,
      lastFour: key.secret.lastFour,
      createdBy: key.createdByUserId,
      expiresAt: key.expiresAtMs === null ? null : new Date(key.expiresAtMs),
    },
    select: { id: true },
  })
  return { managementKeyId }
}

interface StateFacts {
  readonly revokedAt: Date | null
  readonly expiresAt: Date | null
  readonly hasMaker: boolean
}

/** The same order as in find_management_key. */
const stateOf = ({ revokedAt, expiresAt, hasMaker }: StateFacts, atMs: number): ManagementKeyState => {
  if (revokedAt !== null) return 'revoked'
  if (expiresAt !== null && expiresAt.getTime() <= atMs) return 'expired'
  return hasMaker ? 'active' : 'orphaned'
}

/** Newest first, stopped ones included. */
export const listManagementKeys = async (
  tx: Tx,
  orgId: OrgId,
  atMs: number,
): Promise<readonly ManagementKeySummary[]> => {
  const keys = await tx.managementKey.findMany({
    where: { orgId },
    omit: { hmac: true },
    include: { creator: { select: { name: true } } },
    orderBy: { id: 'desc' },
  })
  const makers = await tx.membership.findMany({
    where: { orgId, status: 'active', role: { in: ['owner', 'admin'] } },
    select: { userId: true },
  })
  const makerIds = new Set(makers.map((maker) => maker.userId))
  return keys.map((key) => ({
    managementKeyId: key.id,
    name: key.name,
    // Held to these words by the table's check.
    role: key.role as ManagementRole,
    state: stateOf({ ...key, hasMaker: makerIds.has(key.createdBy) }, atMs),
    allowedCidrs: key.allowedCidrs,
    publicPrefix: key.publicPrefix,
    lastFour: key.lastFour,
    createdByName: key.creator.name,
    createdAtMs: key.createdAt.getTime(),
    expiresAtMs: key.expiresAt?.getTime() ?? null,
    lastUsedOn: key.lastUsedOn?.toISOString().slice(0, 10) ?? null,
    revokedAtMs: key.revokedAt?.getTime() ?? null,
  }))
}

/** @returns its name; null when it is not theirs or revoked already. */
export const revokeManagementKey = async (
  tx: Tx,
  orgId: OrgId,
  managementKeyId: string,
): Promise<{ readonly name: string } | null> => {
  if (!isUuid(managementKeyId)) return null
  const [key] = await tx.managementKey.updateManyAndReturn({
    where: { id: managementKeyId, orgId, revokedAt: null },
    data: { revokedAt: new Date() },
    select: { name: true },
  })
  return key ?? null
}

export interface FoundManagementKey {
  readonly managementKeyId: string
  readonly orgId: OrgId
  readonly role: ManagementRole
  readonly allowedCidrs: readonly string[]
  readonly state: ManagementKeyState
  readonly isUsedToday: boolean
}

interface FoundRecord extends Omit<FoundManagementKey, 'orgId' | 'isUsedToday'> {
  readonly orgId: string
  readonly isUsedToday: boolean | null
}

/** Whom a management key speaks for; null when none has this HMAC. Asks before an organization is known. */
export const findManagementKey = async (db: Db, hmac: Uint8Array): Promise<FoundManagementKey | null> => {
  const rows = await db.$queryRaw<{ found: FoundRecord | null }[]>`
    SELECT find_management_key(${Uint8Array.from(hmac)}) AS found`
  const found = rows[0]?.found ?? null
  return found === null ? null : { ...found, orgId: asOrgId(found.orgId), isUsedToday: found.isUsedToday === true }
}

/** Coarse on purpose: one write a day and key. */
export const noteManagementKeyUse = async (tx: Tx, orgId: OrgId, managementKeyId: string): Promise<void> => {
  await tx.managementKey.updateMany({ where: { id: managementKeyId, orgId }, data: { lastUsedOn: new Date() } })
}
