import { AppError } from '@atpar/core/errors'
import type { Db, Tx } from './client.ts'
import { newId } from './new-id.ts'
import { withActor } from './tenant.ts'
import { isUniqueViolation } from './unique-violation.ts'

export interface NewUser {
  readonly email: string
  readonly name: string
  /** Null for accounts that only sign in elsewhere. */
  readonly passwordHash: string | null
  /** When it was shown that they read mail sent to the address; null = not yet. */
  readonly emailVerifiedAtMs: number | null
}

export interface UserProfile {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly emailVerifiedAtMs: number | null
  readonly isOperator: boolean
  readonly createdAtMs: number
}

const normaliseEmail = (email: string): string => email.trim().toLowerCase()

/** @throws AppError conflict (param `email`) when somebody has the address already. */
export const createUser = async (db: Db, user: NewUser): Promise<{ readonly userId: string }> => {
  const userId = newId()
  try {
    await withActor(db, userId, (tx) =>
      tx.user.create({
        data: {
          id: userId,
          email: normaliseEmail(user.email),
          name: user.name.trim(),
          passwordHash: user.passwordHash,
          emailVerifiedAt: user.emailVerifiedAtMs === null ? null : new Date(user.emailVerifiedAtMs),
        },
        select: { id: true },
      }),
    )
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new AppError('conflict', {
      message: 'Somebody signed up with this e-mail address already.',
      param: 'email',
      cause: error,
    })
  }
  return { userId }
}

export interface Login {
  readonly userId: string
  readonly name: string
  /** Null for accounts that only sign in elsewhere. */
  readonly passwordHash: string | null
}

/** For checking a password; nobody is logged in yet. Null when there is no such login. */
export const findLogin = async (db: Db | Tx, email: string): Promise<Login | null> => {
  const rows = await db.$queryRaw<{ user_id: string; name: string; password_hash: string | null }[]>`
    SELECT user_id, name, password_hash FROM find_login(${normaliseEmail(email)})`
  const [row] = rows
  return row === undefined ? null : { userId: row.user_id, name: row.name, passwordHash: row.password_hash }
}

export interface Account {
  readonly userId: string
  readonly name: string
  readonly isEmailVerified: boolean
  readonly hasTwoFactor: boolean
}

/** Who has an address, before anyone is signed in. Null when nobody has it. */
export const findAccount = async (db: Db | Tx, email: string): Promise<Account | null> => {
  const rows = await db.$queryRaw<
    { user_id: string; name: string; is_email_verified: boolean; has_two_factor: boolean }[]
  >`SELECT * FROM find_account(${normaliseEmail(email)})`
  const [row] = rows
  return row === undefined
    ? null
    : {
        userId: row.user_id,
        name: row.name,
        isEmailVerified: row.is_email_verified,
        hasTwoFactor: row.has_two_factor,
      }
}

/** Of the person who is asking (`withActor`), or of a fellow member (`withTenant`); null for anyone else. */
export const findProfile = async (tx: Tx, userId: string): Promise<UserProfile | null> => {
  const user = await tx.user.findUnique({ where: { id: userId } })
  if (user === null) return null
  return {
    userId: user.id,
    email: user.email,
    name: user.name,
    emailVerifiedAtMs: user.emailVerifiedAt?.getTime() ?? null,
    isOperator: user.isOperator,
    createdAtMs: user.createdAt.getTime(),
  }
}

export const renameUser = async (tx: Tx, userId: string, name: string): Promise<void> => {
  await tx.user.updateMany({ where: { id: userId }, data: { name: name.trim() } })
}

/** Changing a password ends every other session: see `revokeOtherSessions`. */
export const setPasswordHash = async (tx: Tx, userId: string, passwordHash: string): Promise<void> => {
  await tx.user.updateMany({ where: { id: userId }, data: { passwordHash } })
}

/** They read a mail sent to their address. Keeps the first time. */
export const markEmailVerified = async (tx: Tx, userId: string): Promise<void> => {
  await tx.user.updateMany({ where: { id: userId, emailVerifiedAt: null }, data: { emailVerifiedAt: new Date() } })
}
