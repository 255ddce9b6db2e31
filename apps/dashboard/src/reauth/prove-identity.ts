import { createHmac, randomInt } from 'node:crypto'
import { AppError } from '@atpar/core/errors'
import { verifyPassword } from '@atpar/crypto/password'
import { deriveKey } from '@atpar/crypto/secret-box'
import { issueEmailToken, redeemEmailToken } from '@atpar/db/email-tokens'
import { recordSecurityEvent } from '@atpar/db/security-events'
import { markReauthenticated } from '@atpar/db/sessions'
import { withActor } from '@atpar/db/tenant'
import { findLogin } from '@atpar/db/users'
import { reauthenticateMail } from '../auth/mails.ts'
import { checkSecondFactor } from '../auth/second-factor.ts'
import { noteSecurityEvent } from '../auth/security-log.ts'
import type { Session } from '../auth/session.ts'
import type { Client } from '../auth/session-token.ts'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'

export const PROOFS = ['password', 'second-factor', 'mail-code'] as const
/** How somebody who is signed in shows again that it is them. */
export type Proof = (typeof PROOFS)[number]

const CODE_LENGTH = 8
const CODE_MS = 10 * 60_000
const TRY_RULE = { limit: 8, windowMs: 15 * 60_000 }
const MAIL_RULE = { limit: 5, windowMs: 60 * 60_000 }

/** Eight digits are few: keyed and bound to the session, so that they are worth nothing in another browser or to a reader of the database. */
const hashCode = (session: Session, code: string): Uint8Array =>
  createHmac('sha256', deriveKey(readEnv().sessionSecret, 'code to confirm who it is'))
    .update(`${session.sessionId}:${code.replaceAll(/\D/g, '')}`)
    .digest()

/** @throws AppError rate_limited */
export const sendProofCode = async (session: Session): Promise<void> => {
  const { db, nowMs, attempts, sendMail } = readDeps()
  if (!(await attempts.take(`reauthenticate-mail:${session.userId}`, MAIL_RULE)))
    throw new AppError('rate_limited', { message: 'Too many codes were sent. Try again in an hour.' })
  const code = String(randomInt(10 ** CODE_LENGTH)).padStart(CODE_LENGTH, '0')
  await issueEmailToken(db, {
    purpose: 'reauthenticate',
    email: session.email,
    userId: session.userId,
    tokenHash: hashCode(session, code),
    name: null,
    nextPath: null,
    expiresAtMs: nowMs() + CODE_MS,
  })
  await sendMail({ to: session.email, ...reauthenticateMail({ code, name: session.name }) })
}

const checkPassword = async (session: Session, password: string): Promise<boolean> => {
  const login = await findLogin(readDeps().db, session.email)
  return verifyPassword(login?.passwordHash ?? null, password)
}

const checkMailCode = async (session: Session, code: string): Promise<boolean> => {
  const redeemed = await redeemEmailToken(readDeps().db, hashCode(session, code), 'reauthenticate')
  return redeemed?.userId === session.userId
}

const CHECKS: Readonly<Record<Proof, (session: Session, typed: string) => Promise<boolean>>> = {
  password: checkPassword,
  'second-factor': async (session, typed) => (await checkSecondFactor(session.userId, typed)) !== null,
  'mail-code': checkMailCode,
}

interface ProofOffer {
  readonly proof: Proof
  readonly typed: string
}

/** Marks the session as proved just now when what was typed is right. @throws AppError rate_limited after too many that were not. */
export const proveIdentity = async (
  session: Session,
  { proof, typed }: ProofOffer,
  client: Client,
): Promise<boolean> => {
  const { db, attempts } = readDeps()
  const subject = `reauthenticate:${session.userId}`
  if (!(await attempts.take(subject, TRY_RULE)))
    throw new AppError('rate_limited', { message: 'Too many attempts. Wait a quarter of an hour.' })
  if (!(await CHECKS[proof](session, typed))) {
    await noteSecurityEvent(session.userId, { event: 'reauthentication-failed', detail: proof }, client)
    return false
  }
  await withActor(db, session.userId, async (tx) => {
    await markReauthenticated(tx, session.userId, session.sessionId)
    await recordSecurityEvent(tx, session.userId, { event: 'reauthenticated', detail: proof, ...client })
  })
  await attempts.forget(subject)
  return true
}
