'use server'

import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { AppError } from '@atpar/core/errors'
import { hashPassword } from '@atpar/crypto/password'
import { hashToken } from '@atpar/crypto/token'
import { findEmailToken, redeemEmailToken, voidEmailTokens, type EmailTokenPurpose } from '@atpar/db/email-tokens'
import { recordSecurityEvent } from '@atpar/db/security-events'
import { revokeOtherSessions } from '@atpar/db/sessions'
import { withActor } from '@atpar/db/tenant'
import { createUser, markEmailVerified, setPasswordHash } from '@atpar/db/users'
import { readClient } from '../../auth/client.ts'
import { findPasswordFault } from '../../auth/password-rules.ts'
import { safeReturnPath } from '../../auth/return-path.ts'
import { signInBrowser } from '../../auth/session-cookie.ts'
import { readDeps } from '../../deps.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

// What the button behind a mail's link does. Opening the link does nothing: mail programs open links by themselves.

const OVER = 'This link was used already or is too old. Ask for a new one.'

const readLink = async (token: string, purpose: EmailTokenPurpose) => {
  const found = await findEmailToken(readDeps().db, hashToken(token), purpose)
  if (found === null) throw new AppError('not_found', { message: OVER })
  return found
}

/** Uses the link up; of two clicks at once one is told that it is over. */
const redeem = async (token: string, purpose: EmailTokenPurpose) => {
  const redeemed = await redeemEmailToken(readDeps().db, hashToken(token), purpose)
  if (redeemed === null) throw new AppError('not_found', { message: OVER })
  return redeemed
}

const redeemForUser = async (token: string, purpose: EmailTokenPurpose) => {
  const { userId, ...redeemed } = await redeem(token, purpose)
  if (userId === null) throw new AppError('not_found', { message: OVER })
  return { ...redeemed, userId }
}

/** Makes the account of somebody who showed that they read mail sent to the address, with the password chosen by whoever did. */
export const confirmSignUpAction = async (token: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction('confirm-sign-up', async (): Promise<FormState> => {
    const { db, nowMs } = readDeps()
    const { email, name } = await readLink(token, 'sign-up')
    const password = form.get('password')
    const fault = findPasswordFault(password, { email, name: name ?? '' })
    if (fault !== null || typeof password !== 'string')
      return { status: 'failed', fields: { password: fault ?? 'Enter a password.' } }
    const passwordHash = await hashPassword(password)
    const { nextPath } = await redeem(token, 'sign-up')
    const { userId } = await createUser(db, {
      email,
      name: name ?? email.replace(/@.*/, ''),
      passwordHash,
      emailVerifiedAtMs: nowMs(),
    })
    const client = readClient(await headers())
    await withActor(db, userId, async (tx) => {
      await voidEmailTokens(tx, email)
      await recordSecurityEvent(tx, userId, { event: 'account-created', detail: 'e-mail', ...client })
    })
    await signInBrowser({ userId, method: 'e-mail' }, client)
    redirect(nextPath === null ? '/new-organization' : safeReturnPath(nextPath))
  })

export const useMagicLinkAction = async (token: string, _previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('use-magic-link', async (): Promise<FormState> => {
    const { userId, nextPath } = await redeemForUser(token, 'magic-link')
    await withActor(readDeps().db, userId, (tx) => markEmailVerified(tx, userId))
    await signInBrowser({ userId, method: 'magic-link' }, readClient(await headers()))
    redirect(safeReturnPath(nextPath ?? undefined))
  })

/** Signs nobody in: with a second factor the new password is only half of it, and a mail read by somebody else opens no session. */
export const resetPasswordAction = async (token: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction('reset-password', async (): Promise<FormState> => {
    const { email } = await readLink(token, 'reset-password')
    const password = form.get('password')
    const fault = findPasswordFault(password, { email, name: '' })
    if (fault !== null || typeof password !== 'string')
      return { status: 'failed', fields: { password: fault ?? 'Enter a password.' } }
    const passwordHash = await hashPassword(password)
    const { userId } = await redeemForUser(token, 'reset-password')
    const client = readClient(await headers())
    await withActor(readDeps().db, userId, async (tx) => {
      await setPasswordHash(tx, userId, passwordHash)
      await markEmailVerified(tx, userId)
      await revokeOtherSessions(tx, userId, null)
      await voidEmailTokens(tx, email)
      await recordSecurityEvent(tx, userId, { event: 'password-reset', ...client })
    })
    redirect('/log-in?notice=password-reset')
  })

export const verifyEmailAction = async (token: string, _previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('verify-email', async (): Promise<FormState> => {
    const { userId } = await redeemForUser(token, 'verify-email')
    const client = readClient(await headers())
    await withActor(readDeps().db, userId, async (tx) => {
      await markEmailVerified(tx, userId)
      await recordSecurityEvent(tx, userId, { event: 'email-verified', ...client })
    })
    redirect('/account')
  })
