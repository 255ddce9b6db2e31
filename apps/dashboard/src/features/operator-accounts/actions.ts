'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { closeIncident } from '@atpar/db/operator-accounts'
import { withActor } from '@atpar/db/tenant'
import { requireUser } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

const reasonSchema = z.string().trim().min(1).max(500)

/** Who accepted a difference, and why, stays with it; the same difference is not raised again. */
export const closeIncidentAction = async (
  incidentId: string,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction('close-incident', async (): Promise<FormState> => {
    const session = await requireUser()
    if (!session.isOperator) throw new AppError('forbidden')
    const reason = reasonSchema.safeParse(form.get('reason'))
    if (!reason.success) return { status: 'failed', message: 'Say in at most 500 characters why this can stand.' }
    const isClosed = await withActor(readDeps().db, session.userId, (tx) =>
      closeIncident(tx, { incidentId, reason: reason.data }),
    )
    if (!isClosed) return { status: 'failed', message: 'This is closed already.' }
    revalidatePath('/operator', 'layout')
    return { status: 'done' }
  })
