import { isUuid } from '@atpar/core/ids'
import type { Db, Tx } from './client.ts'
import { newId } from './new-id.ts'
import { withActor, type OrgId } from './tenant.ts'

// Inside `withActor` of the person themselves throughout; row-level security shows nobody else's.

export interface StoredTotp {
  readonly sealedSecret: Uint8Array
  /** False while it is being set up. */
  readonly isConfirmed: boolean
  readonly confirmedAtMs: number | null
}

export const findTotp = async (tx: Tx, userId: string): Promise<StoredTotp | null> => {
  const row = await tx.totp.findUnique({ where: { userId } })
  return row === null
    ? null
    : {
        sealedSecret: row.sealedSecret,
        isConfirmed: row.confirmedAt !== null,
        confirmedAtMs: row.confirmedAt?.getTime() ?? null,
      }
}

/** Starts the set-up, or starts it over. @returns false when a second factor is in force: that one is turned off first. */
export const proposeTotp = async (tx: Tx, userId: string, sealedSecret: Uint8Array): Promise<boolean> => {
  await tx.totp.deleteMany({ where: { userId, confirmedAt: null } })
  const inForce = await tx.totp.findUnique({ where: { userId }, select: { userId: true } })
  if (inForce !== null) return false
  await tx.totp.create({ data: { userId, sealedSecret: Uint8Array.from(sealedSecret) }, select: { userId: true } })
  return true
}

/** Takes the code of a time step, once: of two with the same step, or with an older one, none is taken. */
export const takeTotpStep = async (tx: Tx, userId: string, step: number): Promise<boolean> => {
  const { count } = await tx.totp.updateMany({
    where: { userId, lastStep: { lt: BigInt(step) } },
    data: { lastStep: BigInt(step) },
  })
  return count > 0
}

export const confirmTotp = async (tx: Tx, userId: string): Promise<void> => {
  await tx.totp.updateMany({ where: { userId, confirmedAt: null }, data: { confirmedAt: new Date() } })
}

export const removeTotp = async (tx: Tx, userId: string): Promise<void> => {
  await tx.totp.deleteMany({ where: { userId } })
  await tx.recoveryCode.deleteMany({ where: { userId } })
}

/** In place of all earlier ones. */
export const replaceRecoveryCodes = async (
  tx: Tx,
  userId: string,
  codeHashes: readonly Uint8Array[],
): Promise<void> => {
  await tx.recoveryCode.deleteMany({ where: { userId } })
  for (const codeHash of codeHashes) {
    await tx.recoveryCode.create({
      data: { id: newId(), userId, codeHash: Uint8Array.from(codeHash) },
      select: { id: true },
    })
  }
}

export const countRecoveryCodes = (tx: Tx, userId: string): Promise<number> =>
  tx.recoveryCode.count({ where: { userId, usedAt: null } })

/** Once, and for the person who is asking only. */
export const takeRecoveryCode = async (tx: Tx, codeHash: Uint8Array): Promise<boolean> => {
  const rows = await tx.$queryRaw<
    { is_used: boolean }[]
  >`SELECT use_recovery_code(${Uint8Array.from(codeHash)}) AS is_used`
  return rows[0]?.is_used ?? false
}

/** Ids of the asking person's organizations that let nobody in without a second factor. */
export const listTwoFactorRequirements = async (tx: Tx): Promise<ReadonlySet<string>> => {
  const rows = await tx.$queryRaw<{ org_id: string }[]>`SELECT org_id FROM list_two_factor_requirements() AS org_id`
  return new Set(rows.map((row) => row.org_id))
}

export const isTwoFactorRequired = async (tx: Tx, orgId: OrgId): Promise<boolean> => {
  const organization = await tx.organization.findUnique({ where: { id: orgId }, select: { requireTwoFactor: true } })
  return organization?.requireTwoFactor ?? false
}

export const requireTwoFactor = async (tx: Tx, orgId: OrgId, isRequired: boolean): Promise<void> => {
  await tx.organization.updateMany({ where: { id: orgId }, data: { requireTwoFactor: isRequired } })
}

/** Whether somebody set up a second factor; false for an id nobody has. */
export const hasTwoFactor = async (db: Db, userId: string): Promise<boolean> =>
  isUuid(userId) && ((await withActor(db, userId, (tx) => findTotp(tx, userId)))?.isConfirmed ?? false)
