import { isUuid } from '@atpar/core/ids'
import type { Db, Tx } from './client.ts'
import { newId } from './new-id.ts'
import { withActor } from './tenant.ts'

export interface NewSession {
  readonly userId: string
  /** SHA-256 of the token in the cookie; the token itself is stored nowhere. */
  readonly tokenHash: Uint8Array
  readonly userAgent: string | null
  readonly ip: string | null
  readonly expiresAtMs: number
}

export interface FoundSession {
  readonly sessionId: string
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly isOperator: boolean
  readonly expiresAtMs: number
}

export interface SessionSummary {
  readonly sessionId: string
  readonly userAgent: string | null
  readonly ip: string | null
  readonly createdAtMs: number
  readonly lastSeenAtMs: number
  readonly expiresAtMs: number
}

export const createSession = async (db: Db, session: NewSession): Promise<{ readonly sessionId: string }> => {
  const sessionId = newId()
  await withActor(db, session.userId, (tx) =>
    tx.session.create({
      data: {
        id: sessionId,
        userId: session.userId,
        tokenHash: Uint8Array.from(session.tokenHash),
        userAgent: session.userAgent,
        ip: session.ip,
        expiresAt: new Date(session.expiresAtMs),
      },
      select: { id: true },
    }),
  )
  return { sessionId }
}

/** Null when unknown, expired or revoked: the three look the same to whoever holds the cookie. */
export const findSession = async (db: Db | Tx, tokenHash: Uint8Array): Promise<FoundSession | null> => {
  const rows = await db.$queryRaw<
    { session_id: string; user_id: string; email: string; name: string; is_operator: boolean; expires_at: Date }[]
  >`SELECT * FROM find_session(${Uint8Array.from(tokenHash)})`
  const [row] = rows
  if (row === undefined) return null
  return {
    sessionId: row.session_id,
    userId: row.user_id,
    email: row.email,
    name: row.name,
    isOperator: row.is_operator,
    expiresAtMs: row.expires_at.getTime(),
  }
}

/** Sessions are seen on every page; one write in five minutes is precise enough for the list of sessions. */
const TOUCH_EVERY_MS = 5 * 60_000

export const touchSession = async (tx: Tx, userId: string, sessionId: string): Promise<void> => {
  await tx.session.updateMany({
    where: { id: sessionId, userId, revokedAt: null, lastSeenAt: { lt: new Date(Date.now() - TOUCH_EVERY_MS) } },
    data: { lastSeenAt: new Date() },
  })
}

/** @returns false when it is not theirs or over already. */
export const revokeSession = async (tx: Tx, userId: string, sessionId: string): Promise<boolean> => {
  if (!isUuid(sessionId)) return false
  const { count } = await tx.session.updateMany({
    where: { id: sessionId, userId, revokedAt: null },
    data: { revokedAt: new Date() },
  })
  return count > 0
}

/** @returns how many were ended. */
export const revokeOtherSessions = async (tx: Tx, userId: string, keptSessionId: string): Promise<number> => {
  const { count } = await tx.session.updateMany({
    where: { userId, revokedAt: null, id: { not: keptSessionId } },
    data: { revokedAt: new Date() },
  })
  return count
}

/** Live ones, last seen first. */
export const listSessions = async (tx: Tx, userId: string): Promise<readonly SessionSummary[]> => {
  const sessions = await tx.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: new Date() } },
    orderBy: { lastSeenAt: 'desc' },
  })
  return sessions.map((session) => ({
    sessionId: session.id,
    userAgent: session.userAgent,
    ip: session.ip,
    createdAtMs: session.createdAt.getTime(),
    lastSeenAtMs: session.lastSeenAt.getTime(),
    expiresAtMs: session.expiresAt.getTime(),
  }))
}
