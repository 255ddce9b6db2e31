'use server'

import { revalidatePath } from 'next/cache'
import { notFound } from 'next/navigation'
import { redoStripeEvent } from '@atpar/db/stripe-events'
import { requireUser } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

/** Reads the object of an event again and brings the books forward. Whatever was posted before is not posted twice. */
export const redoEventAction = async (eventId: string): Promise<FormState> =>
  runAction('redo-stripe-event', async (): Promise<FormState> => {
    const session = await requireUser()
    if (!session.isOperator) notFound()
    const { db, wakeStripeEvent } = readDeps()
    if (!(await redoStripeEvent(db, eventId))) notFound()
    await wakeStripeEvent(eventId)
    revalidatePath('/operator/stripe')
    return { status: 'done' }
  })
