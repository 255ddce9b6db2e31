import { AppError } from '@atpar/core/errors'
import { isUuid } from '@atpar/core/ids'
import type { Db, Tx } from './client.ts'
import { newId } from './new-id.ts'
import { isUniqueViolation } from './unique-violation.ts'

/** `oidc` is the one provider an installation may add to the built-in ones. */
export type IdentityProvider = 'github' | 'google' | 'oidc'

export interface Identity {
  readonly identityId: string
  readonly provider: IdentityProvider
  readonly email: string | null
  readonly createdAtMs: number
  readonly lastUsedAtMs: number
}

export interface NewIdentity {
  readonly provider: IdentityProvider
  /** The provider's own, lasting name for the person. */
  readonly subject: string
  readonly email: string | null
}

/** Whom an identity signs in, before anyone is; null when it is linked to nobody. */
export const findUserOfIdentity = async (
  db: Db | Tx,
  provider: IdentityProvider,
  subject: string,
): Promise<string | null> => {
  const rows = await db.$queryRaw<
    { user_id: string | null }[]
  >`SELECT find_identity(${provider}, ${subject}) AS user_id`
  return rows[0]?.user_id ?? null
}

/** @throws AppError conflict when it is linked already, to whomever. */
export const linkIdentity = async (tx: Tx, userId: string, identity: NewIdentity): Promise<void> => {
  try {
    await tx.identity.create({ data: { id: newId(), userId, ...identity } })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new AppError('conflict', { message: 'That identity is linked to an account already.', cause: error })
  }
}

export const touchIdentity = async (tx: Tx, userId: string, identity: NewIdentity): Promise<void> => {
  await tx.identity.updateMany({
    where: { userId, provider: identity.provider, subject: identity.subject },
    data: { email: identity.email, lastUsedAt: new Date() },
  })
}

/** @returns what it was, null when it is not theirs. */
export const unlinkIdentity = async (tx: Tx, userId: string, identityId: string): Promise<IdentityProvider | null> => {
  if (!isUuid(identityId)) return null
  const found = await tx.identity.findFirst({ where: { id: identityId, userId } })
  if (found === null) return null
  await tx.identity.deleteMany({ where: { id: identityId, userId } })
  return found.provider as IdentityProvider
}

/** Oldest first. */
export const listIdentities = async (tx: Tx, userId: string): Promise<readonly Identity[]> => {
  const rows = await tx.identity.findMany({ where: { userId }, orderBy: { id: 'asc' } })
  return rows.map((row) => ({
    identityId: row.id,
    provider: row.provider as IdentityProvider,
    email: row.email,
    createdAtMs: row.createdAt.getTime(),
    lastUsedAtMs: row.lastUsedAt.getTime(),
  }))
}
