'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { PUSD_PER_CENT, pusd } from '@atpar/core/money'
import { closeIncident, grantCredit, redoCreditNote } from '@atpar/db/operator-accounts'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../../deps.ts'
import { requireOperatorId } from '../../operator/require-operator.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import { parseCents } from '../../format/parse-cents.ts'

const reasonSchema = z.string().trim().min(1).max(500)

/** Who accepted a difference, and why, stays with it; the same difference is not raised again. */
export const closeIncidentAction = async (
  incidentId: string,
  _previous: FormState,
  form: FormData,
): Promise<FormState> =>
  runAction('close-incident', async (): Promise<FormState> => {
    const userId = await requireOperatorId()
    const reason = reasonSchema.safeParse(form.get('reason'))
    if (!reason.success) return { status: 'failed', message: 'Say in at most 500 characters why this can stand.' }
    const isClosed = await withActor(readDeps().db, userId, (tx) =>
      closeIncident(tx, { incidentId, reason: reason.data }),
    )
    if (!isClosed) return { status: 'failed', message: 'This is closed already.' }
    revalidatePath('/operator', 'layout')
    return { status: 'done' }
  })

/** The worker brings the line up to it within seconds. Empty takes the grant away. */
export const grantCreditAction = async (orgId: string, _previous: FormState, form: FormData): Promise<FormState> =>
  runAction('grant-credit', async (): Promise<FormState> => {
    const userId = await requireOperatorId()
    const typed = form.get('amount')
    const cents = typed === '' || typed === null ? null : parseCents(typed)
    if (cents === null && typed !== '' && typed !== null)
      return { status: 'failed', message: 'Give the amount in dollars, for example 2500 or 2500.00.' }
    const reason = reasonSchema.safeParse(form.get('reason'))
    if (!reason.success) return { status: 'failed', message: 'Say in at most 500 characters why.' }
    const grantedPusd = cents === null ? null : pusd(cents * PUSD_PER_CENT)
    const isGranted = await withActor(readDeps().db, userId, (tx) =>
      grantCredit(tx, { orgId, grantedPusd, reason: reason.data }),
    )
    if (!isGranted) return { status: 'failed', message: 'There is no such organization any more.' }
    revalidatePath('/operator', 'layout')
    return { status: 'done' }
  })

export const redoCreditNoteAction = async (creditNoteId: string, _previous: FormState): Promise<FormState> =>
  runAction('redo-credit-note', async (): Promise<FormState> => {
    const userId = await requireOperatorId()
    if (!(await withActor(readDeps().db, userId, (tx) => redoCreditNote(tx, creditNoteId))))
      return { status: 'failed', message: 'It is on its way already.' }
    revalidatePath('/operator', 'layout')
    return { status: 'done' }
  })
