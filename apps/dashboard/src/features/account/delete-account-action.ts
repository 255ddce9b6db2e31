'use server'

import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { AppError } from '@atpar/core/errors'
import { deleteAccount } from '@atpar/db/account-deletion'
import { readClient } from '../../auth/client.ts'
import { requireRecentAuth } from '../../auth/recent-auth.ts'
import { signOutBrowser } from '../../auth/session-cookie.ts'
import { readDeps } from '../../deps.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

export const deleteAccountAction = async (_previous: FormState, form: FormData): Promise<FormState> =>
  runAction('delete-account', async (): Promise<FormState> => {
    const { userId, sessionId, email, isOperator } = await requireRecentAuth()
    const typed = form.get('email')
    if (typeof typed !== 'string' || typed.trim().toLowerCase() !== email)
      return { status: 'failed', fields: { email: 'That is not the address of this account.' } }
    if (isOperator)
      throw new AppError('forbidden', {
        message: 'You run this installation with this account. Have that taken back first.',
      })
    const { db, announceChange } = readDeps()
    const { ip } = readClient(await headers())
    await deleteAccount(db, { userId, sessionId, ip })
    await announceChange()
    await signOutBrowser()
    redirect('/')
  })
