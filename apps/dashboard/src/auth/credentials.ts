import { after } from 'next/server'
import { MINUTE_MS } from '@atpar/core/durations'
import { verifyPassword } from '@atpar/crypto/password'
import { findLogin } from '@atpar/db/users'
import { readDeps } from '../deps.ts'
import { networkOf } from './network-of.ts'
import { noteSecurityEvent } from './security-log.ts'
import type { Client } from './session-token.ts'
import type { ThrottleRule } from './throttle.ts'

/** From one network: a person who forgot. */
const PAIR_RULE: ThrottleRule = { limit: 8, windowMs: 10 * MINUTE_MS }
/** From anywhere, since an address can be forged: a guessing run on one account. */
const EMAIL_RULE: ThrottleRule = { limit: 30, windowMs: 10 * MINUTE_MS }
/** On any account from one network: a list of leaked passwords. */
const NETWORK_RULE: ThrottleRule = { limit: 100, windowMs: 10 * MINUTE_MS }
/** Wrong ones on any account from anywhere: the same list from a thousand machines. Right ones do not count, so a busy morning closes no door. */
const EVERYONE = 'log-in-failed:everyone'
const EVERYONE_RULE: ThrottleRule = { limit: 2_000, windowMs: 10 * MINUTE_MS }

export type CredentialsResult =
  | { readonly kind: 'known'; readonly userId: string; readonly name: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled' }

/** An unknown e-mail and a wrong password take the same time and get the same answer. */
export const checkCredentials = async (given: {
  readonly email: string
  readonly password: string
  readonly client: Client
}): Promise<CredentialsResult> => {
  const { db, attempts } = readDeps()
  const network = networkOf(given.client.ip)
  const pair = `log-in:${given.email}:${network}`
  const isAllowed = await Promise.all([
    attempts.take(pair, PAIR_RULE),
    attempts.take(`log-in:${given.email}`, EMAIL_RULE),
    attempts.take(`log-in:${network}`, NETWORK_RULE),
    attempts.isOpen(EVERYONE, EVERYONE_RULE),
  ])
  if (!isAllowed.every(Boolean)) return { kind: 'throttled' }
  const login = await findLogin(db, given.email)
  const isRight = await verifyPassword(login?.passwordHash ?? null, given.password)
  if (login !== null && isRight) {
    await attempts.forget(pair)
    return { kind: 'known', userId: login.userId, name: login.name }
  }
  await attempts.take(EVERYONE, EVERYONE_RULE)
  // After the answer: writing it down takes time that only accounts which exist would take.
  if (login !== null)
    after(() => noteSecurityEvent(login.userId, { event: 'sign-in-failed', detail: 'password' }, given.client))
  return { kind: 'refused' }
}
