'use server'

import { revalidatePath } from 'next/cache'
import { headers } from 'next/headers'
import { AppError } from '@atpar/core/errors'
import { generateRecoveryCodes, hashRecoveryCode } from '@atpar/crypto/recovery-code'
import { generateTotpSecret } from '@atpar/crypto/totp'
import { recordAudit } from '@atpar/db/audit-log'
import { listMemberships } from '@atpar/db/members'
import { recordSecurityEvent } from '@atpar/db/security-events'
import { revokeOtherSessions } from '@atpar/db/sessions'
import { withActor, withTenant } from '@atpar/db/tenant'
import { confirmTotp, findTotp, proposeTotp, removeTotp, replaceRecoveryCodes } from '@atpar/db/two-factor'
import { readClient } from '../../auth/client.ts'
import { requireUser } from '../../auth/guard.ts'
import { requireRecentAuth } from '../../auth/recent-auth.ts'
import { sealTotpSecret, takeAppCode } from '../../auth/second-factor.ts'
import { readDeps } from '../../deps.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

export interface RecoveryCodesState extends FormState {
  /** In this answer and never again. */
  readonly recoveryCodes?: readonly string[]
}

const SETUP_RULE = { limit: 12, windowMs: 15 * 60_000 }

/** Whether a member has a second factor concerns the organizations whose money they can spend. */
const recordInOrganizations = async (userId: string, action: string): Promise<void> => {
  const { db } = readDeps()
  const { ip } = readClient(await headers())
  for (const { orgId, memberId } of await withActor(db, userId, listMemberships)) {
    await withTenant(db, { orgId, userId }, (tx) =>
      recordAudit(tx, orgId, {
        actorUserId: userId,
        action,
        subjectKind: 'member',
        subjectId: memberId,
        ...(ip === null ? {} : { ip }),
      }),
    )
  }
}

export const startTwoFactorAction = async (_previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('start-two-factor', async (): Promise<FormState> => {
    const { userId } = await requireRecentAuth()
    const sealed = sealTotpSecret(userId, generateTotpSecret())
    const isProposed = await withActor(readDeps().db, userId, (tx) => proposeTotp(tx, userId, sealed))
    if (!isProposed)
      throw new AppError('conflict', { message: 'A second factor is set up already. Turn it off first.' })
    revalidatePath('/account/two-factor')
    return { status: 'done' }
  })

/** Turns it on with the first right code, ends the sessions that were opened without it, and shows the recovery codes. */
export const confirmTwoFactorAction = async (
  _previous: RecoveryCodesState,
  form: FormData,
): Promise<RecoveryCodesState> =>
  runAction('confirm-two-factor', async (): Promise<RecoveryCodesState> => {
    const { userId, sessionId } = await requireUser()
    const { db, attempts } = readDeps()
    if (!(await attempts.take(`second-factor-setup:${userId}`, SETUP_RULE)))
      throw new AppError('rate_limited', { message: 'Too many codes that were not right. Wait a quarter of an hour.' })
    const code = form.get('code')
    const recoveryCodes = generateRecoveryCodes()
    const client = readClient(await headers())
    const isOn = await withActor(db, userId, async (tx) => {
      const stored = await findTotp(tx, userId)
      if (stored === null || stored.isConfirmed || typeof code !== 'string') return false
      if (!(await takeAppCode(tx, userId, code))) return false
      await confirmTotp(tx, userId)
      await replaceRecoveryCodes(tx, userId, recoveryCodes.map(hashRecoveryCode))
      await revokeOtherSessions(tx, userId, sessionId)
      await recordSecurityEvent(tx, userId, { event: 'two-factor-enabled', ...client })
      return true
    })
    if (!isOn)
      return { status: 'failed', fields: { code: 'That code is not right. Wait for the next one and try it.' } }
    await recordInOrganizations(userId, 'member-two-factor-enabled')
    return { status: 'done', recoveryCodes }
  })

export const replaceRecoveryCodesAction = async (
  _previous: RecoveryCodesState,
  _form: FormData,
): Promise<RecoveryCodesState> =>
  runAction('replace-recovery-codes', async (): Promise<RecoveryCodesState> => {
    const { userId, hasTwoFactor } = await requireRecentAuth()
    if (!hasTwoFactor) throw new AppError('conflict', { message: 'There is no second factor to recover from.' })
    const recoveryCodes = generateRecoveryCodes()
    const client = readClient(await headers())
    await withActor(readDeps().db, userId, async (tx) => {
      await replaceRecoveryCodes(tx, userId, recoveryCodes.map(hashRecoveryCode))
      await recordSecurityEvent(tx, userId, { event: 'recovery-codes-replaced', ...client })
    })
    return { status: 'done', recoveryCodes }
  })

export const disableTwoFactorAction = async (_previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('disable-two-factor', async (): Promise<FormState> => {
    const { userId } = await requireRecentAuth()
    const client = readClient(await headers())
    await withActor(readDeps().db, userId, async (tx) => {
      await removeTotp(tx, userId)
      await recordSecurityEvent(tx, userId, { event: 'two-factor-disabled', ...client })
    })
    await recordInOrganizations(userId, 'member-two-factor-disabled')
    revalidatePath('/account/two-factor')
    return { status: 'done' }
  })
