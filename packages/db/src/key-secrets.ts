import { isUuid } from '@atpar/core/ids'
import type { KeySecret } from './api-keys.ts'
import type { Db, Tx } from './client.ts'
import { newId } from './new-id.ts'
import { asOrgId, type OrgId } from './tenant.ts'

/** A secret that a rotation replaced. Until it expires it opens what the key's own secret opens. */
export interface FormerSecret {
  readonly id: string
  readonly publicPrefix: string
  readonly lastFour: string
  readonly replacedAtMs: number
  /** Null when the platform or someone who is gone did it. */
  readonly replacedByName: string | null
  readonly expiresAtMs: number
  readonly isLeaked: boolean
}

export interface Rotation {
  readonly keyId: string
  readonly secret: KeySecret
  /** Until when the former secret works. */
  readonly formerEndsAtMs: number
}

/**
 * Gives a key a new secret. The key stays the key: its id, limits, counters and usage go on under either of the two secrets.
 * @returns false when it is not theirs or not active
 */
export const rotateSecret = async (tx: Tx, _orgId: OrgId, rotation: Rotation): Promise<boolean> => {
  if (!isUuid(rotation.keyId)) return false
  const { hmac, pepperId, publicPrefix, lastFour } = rotation.secret
  const rows = await tx.$queryRaw<{ rotated: boolean }[]>`
    SELECT rotate_key_secret(${rotation.keyId}::uuid, ${newId()}::uuid, ${Buffer.from(hmac)}::bytea, ${pepperId}, ${publicPrefix}, ${lastFour},
      ${new Date(rotation.formerEndsAtMs)}::timestamptz) AS rotated`
  return rows[0]?.rotated === true
}

/** Newest first, ended ones included. */
export const listFormerSecrets = async (tx: Tx, orgId: OrgId, keyId: string): Promise<readonly FormerSecret[]> => {
  if (!isUuid(keyId)) return []
  const rows = await tx.keyFormerSecret.findMany({
    where: { orgId, keyId },
    include: { replacer: { select: { name: true } } },
    orderBy: { replacedAt: 'desc' },
  })
  return rows.map((row) => ({
    id: row.id,
    publicPrefix: row.publicPrefix,
    lastFour: row.lastFour,
    replacedAtMs: row.replacedAt.getTime(),
    replacedByName: row.replacer?.name ?? null,
    expiresAtMs: row.expiresAt.getTime(),
    isLeaked: row.isLeaked,
  }))
}

/** Ends former secrets that still work: all of a key, or one. @returns how many */
export const endFormerSecrets = async (
  tx: Tx,
  orgId: OrgId,
  which: { readonly keyId: string; readonly formerId?: string; readonly isLeaked: boolean },
): Promise<number> => {
  const now = new Date()
  const { count } = await tx.keyFormerSecret.updateMany({
    where: {
      orgId,
      keyId: which.keyId,
      expiresAt: { gt: now },
      ...(which.formerId === undefined ? {} : { id: which.formerId }),
    },
    data: { expiresAt: now, ...(which.isLeaked ? { isLeaked: true } : {}) },
  })
  return count
}

/** What a secret that someone found opens at this moment. */
export interface LeakedKey {
  readonly orgId: OrgId
  readonly keyId: string
  /** When it is a secret from before a rotation. */
  readonly formerId: string | null
}

/** Outside of any tenant, for the public report. Null when it opens nothing: unknown, expired or revoked. */
export const findLeakedKey = async (db: Db, hmac: Uint8Array): Promise<LeakedKey | null> => {
  const rows = await db.$queryRaw<{ org_id: string; key_id: string; former_id: string | null }[]>`
    SELECT org_id, key_id, former_id FROM find_leaked_key(${Buffer.from(hmac)}::bytea)`
  const [row] = rows
  return row === undefined ? null : { orgId: asOrgId(row.org_id), keyId: row.key_id, formerId: row.former_id }
}
