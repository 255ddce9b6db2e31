import { verifyPassword } from '@atpar/crypto/password'
import { findLogin } from '@atpar/db/users'
import { readDeps } from '../deps.ts'
import type { ThrottleRule } from './throttle.ts'

const MINUTE_MS = 60_000
/** From one address: a person who forgot. */
const PAIR_RULE: ThrottleRule = { limit: 8, windowMs: 10 * MINUTE_MS }
/** From anywhere, since an address can be forged: a guessing run on one account. */
const EMAIL_RULE: ThrottleRule = { limit: 30, windowMs: 10 * MINUTE_MS }
/** On any account from one address: a list of leaked passwords. */
const IP_RULE: ThrottleRule = { limit: 100, windowMs: 10 * MINUTE_MS }

export type CredentialsResult =
  | { readonly kind: 'known'; readonly userId: string; readonly name: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled' }

/** An unknown e-mail and a wrong password take the same time and get the same answer. */
export const checkCredentials = async (given: {
  readonly email: string
  readonly password: string
  readonly ip: string
}): Promise<CredentialsResult> => {
  const { db, throttle } = readDeps()
  const pair = `log-in:${given.email}:${given.ip}`
  const isAllowed = [
    throttle.take(pair, PAIR_RULE),
    throttle.take(`log-in:${given.email}`, EMAIL_RULE),
    throttle.take(`log-in:${given.ip}`, IP_RULE),
  ].every(Boolean)
  if (!isAllowed) return { kind: 'throttled' }
  const login = await findLogin(db, given.email)
  const isRight = await verifyPassword(login?.passwordHash ?? null, given.password)
  if (login === null || !isRight) return { kind: 'refused' }
  throttle.forget(pair)
  return { kind: 'known', userId: login.userId, name: login.name }
}
