import { cookies } from 'next/headers'
import { cache } from 'react'
import { touchSession, type FoundSession } from '@atpar/db/sessions'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'
import { findSessionOf } from './session-token.ts'

/** "Last seen" is written once in five minutes, not on every page. */
const TOUCH_RULE = { limit: 1, windowMs: 5 * 60_000 }

export type Session = Omit<FoundSession, 'expiresAtMs' | 'awaitsSecondFactor'>

const readCookieSession = cache(async (): Promise<FoundSession | null> => {
  const token = (await cookies()).get(readEnv().cookieName)?.value
  return token === undefined || token === '' ? null : findSessionOf(token)
})

/**
 * Who asks, by the row behind the cookie; null for strangers, revoked sessions and those that still owe the second factor. Once per request,
 * however many parts of a page ask. Not through next-auth's getServerSession: that one takes a database that is down for a log-out.
 */
export const readSession = cache(async (): Promise<Session | null> => {
  const found = await readCookieSession()
  if (found === null || found.awaitsSecondFactor) return null
  const { db, throttle } = readDeps()
  if (throttle.take(`touch:${found.sessionId}`, TOUCH_RULE))
    await withActor(db, found.userId, (tx) => touchSession(tx, found.userId, found.sessionId))
  return found
})

/** Who showed a password or a link and owes the second factor: good for the page that asks for it, and for nothing else. */
export const readPendingSession = async (): Promise<Session | null> => {
  const found = await readCookieSession()
  return found?.awaitsSecondFactor === true ? found : null
}
