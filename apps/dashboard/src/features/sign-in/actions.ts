'use server'

import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { z } from 'zod'
import { readClient } from '../../auth/client.ts'
import { emailSchema, signUpSchema } from '../../auth/log-in-schema.ts'
import { sendMailLink } from '../../auth/mail-link.ts'
import { safeReturnPath } from '../../auth/return-path.ts'
import { checkSecondFactor } from '../../auth/second-factor.ts'
import { noteSecurityEvent } from '../../auth/security-log.ts'
import { readPendingSession } from '../../auth/session.ts'
import { signInBrowser, signOutBrowser } from '../../auth/session-cookie.ts'
import { fieldErrors } from '../../form-errors.ts'
import { readTyped } from '../../form-fields.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

// Open to strangers: what is asked here is answered the same whether or not an address has an account.

export interface LinkSentState extends FormState {
  /** Where the mail went, once it did. */
  readonly email?: string
  /** What was typed, given back after a refusal. */
  readonly values?: Readonly<Record<string, string>>
}

const nextPathOf = (next: string | null): string | null => (next === null ? null : safeReturnPath(next))

export const signUpAction = async (
  next: string | null,
  _previous: LinkSentState,
  form: FormData,
): Promise<LinkSentState> =>
  runAction('sign-up', async (): Promise<LinkSentState> => {
    const values = { name: readTyped(form, 'name'), email: readTyped(form, 'email') }
    const parsed = signUpSchema.safeParse(values)
    if (!parsed.success) return { status: 'failed', fields: fieldErrors(parsed.error), values }
    const client = readClient(await headers())
    await sendMailLink({ purpose: 'sign-up', ...parsed.data, nextPath: nextPathOf(next), client })
    return { status: 'done', email: parsed.data.email }
  })

interface LinkWish {
  readonly purpose: 'magic-link' | 'reset-password'
  readonly next: string | null
}

export const requestLinkAction = async (
  { purpose, next }: LinkWish,
  _previous: LinkSentState,
  form: FormData,
): Promise<LinkSentState> =>
  runAction('request-link', async (): Promise<LinkSentState> => {
    const values = { email: readTyped(form, 'email') }
    const parsed = z.object({ email: emailSchema }).safeParse(values)
    const wished = z.enum(['magic-link', 'reset-password']).parse(purpose)
    if (!parsed.success) return { status: 'failed', fields: fieldErrors(parsed.error), values }
    const client = readClient(await headers())
    await sendMailLink({ purpose: wished, email: parsed.data.email, nextPath: nextPathOf(next), client })
    return { status: 'done', email: parsed.data.email }
  })

/** The second half of a log-in. The session that waited for it is over, and another one with another token is whole. */
export const showSecondFactorAction = async (next: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction('show-second-factor', async (): Promise<FormState> => {
    const pending = await readPendingSession()
    if (pending === null) redirect('/log-in')
    const client = readClient(await headers())
    const factor = await checkSecondFactor(pending.userId, readTyped(form, 'code'))
    if (factor === null) {
      await noteSecurityEvent(pending.userId, { event: 'second-factor-failed' }, client)
      return { status: 'failed', fields: { code: 'That code is not right, or was used before.' } }
    }
    if (factor === 'recovery-code') await noteSecurityEvent(pending.userId, { event: 'recovery-code-used' }, client)
    await signInBrowser({ userId: pending.userId, method: pending.method, isComplete: true }, client)
    redirect(safeReturnPath(next))
  })

/** Not me after all, or no phone at hand: back to the start. */
export const cancelLogInAction = async (_previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('cancel-log-in', async (): Promise<FormState> => {
    await signOutBrowser()
    redirect('/log-in')
  })
