'use server'

import { revalidatePath } from 'next/cache'
import { headers } from 'next/headers'
import { AppError } from '@atpar/core/errors'
import { hashPassword } from '@atpar/crypto/password'
import { voidEmailTokens } from '@atpar/db/email-tokens'
import { unlinkIdentity } from '@atpar/db/identities'
import { recordSecurityEvent } from '@atpar/db/security-events'
import { revokeOtherSessions, revokeSession } from '@atpar/db/sessions'
import { withActor } from '@atpar/db/tenant'
import { setPasswordHash } from '@atpar/db/users'
import { readClient } from '../../auth/client.ts'
import { requireUser } from '../../auth/guard.ts'
import { sendMailLink } from '../../auth/mail-link.ts'
import { findPasswordFault } from '../../auth/password-rules.ts'
import { requireRecentAuth } from '../../auth/recent-auth.ts'
import { readDeps } from '../../deps.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

export const revokeSessionAction = async (
  sessionId: string,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('revoke-session', async (): Promise<FormState> => {
    const session = await requireUser()
    const client = readClient(await headers())
    const isRevoked = await withActor(readDeps().db, session.userId, async (tx) => {
      const isOver = await revokeSession(tx, session.userId, sessionId)
      if (isOver) await recordSecurityEvent(tx, session.userId, { event: 'session-revoked', ...client })
      return isOver
    })
    if (!isRevoked) throw new AppError('not_found', { message: 'That session is over already.' })
    revalidatePath('/account')
    return { status: 'done' }
  })

export const revokeOtherSessionsAction = async (_previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('revoke-other-sessions', async (): Promise<FormState> => {
    const { userId, sessionId } = await requireUser()
    const client = readClient(await headers())
    await withActor(readDeps().db, userId, async (tx) => {
      const count = await revokeOtherSessions(tx, userId, sessionId)
      await recordSecurityEvent(tx, userId, { event: 'sessions-revoked', detail: String(count), ...client })
    })
    revalidatePath('/account')
    return { status: 'done' }
  })

/** Sets the first password too, of people who came from another provider. Every other session is over with it. */
export const changePasswordAction = async (_previous: FormState, form: FormData): Promise<FormState> =>
  runAction('change-password', async (): Promise<FormState> => {
    const { userId, sessionId, email, name } = await requireRecentAuth()
    const password = form.get('password')
    const fault = findPasswordFault(password, { email, name })
    if (fault !== null || typeof password !== 'string')
      return { status: 'failed', fields: { password: fault ?? 'Enter a password.' } }
    const passwordHash = await hashPassword(password)
    const client = readClient(await headers())
    await withActor(readDeps().db, userId, async (tx) => {
      await setPasswordHash(tx, userId, passwordHash)
      await revokeOtherSessions(tx, userId, sessionId)
      await voidEmailTokens(tx, email)
      await recordSecurityEvent(tx, userId, { event: 'password-changed', ...client })
    })
    revalidatePath('/account')
    return { status: 'done' }
  })

export const unlinkIdentityAction = async (
  identityId: string,
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('unlink-identity', async (): Promise<FormState> => {
    const { userId } = await requireRecentAuth()
    const client = readClient(await headers())
    await withActor(readDeps().db, userId, async (tx) => {
      const provider = await unlinkIdentity(tx, userId, identityId)
      if (provider === null) throw new AppError('not_found', { message: 'It is disconnected already.' })
      await recordSecurityEvent(tx, userId, { event: 'identity-unlinked', detail: provider, ...client })
    })
    revalidatePath('/account')
    return { status: 'done' }
  })

/** Begun before leaving for the provider: what comes back is linked only to a session that was proved just now. */
export const confirmBeforeLinkingAction = async (_previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('confirm-before-linking', async (): Promise<FormState> => {
    await requireRecentAuth()
    return { status: 'done' }
  })

export const sendVerificationAction = async (_previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('send-verification', async (): Promise<FormState> => {
    const { email } = await requireUser()
    await sendMailLink({ purpose: 'verify-email', email, nextPath: null, client: readClient(await headers()) })
    return { status: 'done' }
  })
