'use server'

import { revalidatePath } from 'next/cache'
import { AppError } from '@atpar/core/errors'
import { revokeSession } from '@atpar/db/sessions'
import { withActor } from '@atpar/db/tenant'
import { requireUser } from '../../auth/guard.ts'
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
    const isRevoked = await withActor(readDeps().db, session.userId, (tx) =>
      revokeSession(tx, session.userId, sessionId),
    )
    if (!isRevoked) throw new AppError('not_found', { message: 'That session is over already.' })
    revalidatePath('/account')
    return { status: 'done' }
  })
