'use server'

import { headers } from 'next/headers'
import { AppError } from '@atpar/core/errors'
import { hashPassword } from '@atpar/crypto/password'
import { createUser } from '@atpar/db/users'
import { readClient } from '../../auth/client.ts'
import { signUpSchema } from '../../auth/log-in-schema.ts'
import { readDeps } from '../../deps.ts'
import { fieldErrors } from '../../form-errors.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

const RULE = { limit: 20, windowMs: 60 * 60_000 }

const isTaken = (error: unknown) => error instanceof AppError && error.code === 'conflict' && error.param === 'email'

/** Open to strangers: the only action without a session. */
export const createAccount = async (_previous: FormState, form: FormData): Promise<FormState> =>
  runAction('create-account', async (): Promise<FormState> => {
    const parsed = signUpSchema.safeParse(Object.fromEntries(form))
    if (!parsed.success) return { status: 'failed', fields: fieldErrors(parsed.error) }
    const { db, throttle } = readDeps()
    const { ip } = readClient(await headers())
    if (!throttle.take(`sign-up:${ip ?? ''}`, RULE))
      return { status: 'failed', message: 'Too many accounts were created from here. Try again in an hour.' }
    const { name, email, password } = parsed.data
    try {
      await createUser(db, { name, email, passwordHash: await hashPassword(password) })
    } catch (error) {
      if (isTaken(error))
        return { status: 'failed', fields: { email: 'This e-mail address has an account already. Log in instead.' } }
      throw error
    }
    return { status: 'done' }
  })
