'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { approveAsOperator, rejectAsOperator } from '@atpar/db/price-history'
import { withActor } from '@atpar/db/tenant'
import { readDeps } from '../../deps.ts'
import { requireOperatorId } from '../../operator/require-operator.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

const linesSchema = z.array(z.uuid()).min(1).max(5_000)

const DECIDED: FormState = { status: 'failed', message: 'These changes were decided meanwhile. Load the page again.' }

export const approvePricesAction = async (
  lineIds: readonly string[],
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('approve-prices', async (): Promise<FormState> => {
    const userId = await requireOperatorId()
    const lines = linesSchema.parse(lineIds)
    const book = await withActor(readDeps().db, userId, (tx) => approveAsOperator(tx, lines))
    if (book === null) return DECIDED
    revalidatePath('/operator/prices')
    revalidatePath('/models', 'layout')
    return { status: 'done' }
  })

export const rejectPricesAction = async (
  lineIds: readonly string[],
  _previous: FormState,
  _form: FormData,
): Promise<FormState> =>
  runAction('reject-prices', async (): Promise<FormState> => {
    const userId = await requireOperatorId()
    const lines = linesSchema.parse(lineIds)
    if ((await withActor(readDeps().db, userId, (tx) => rejectAsOperator(tx, lines))) === 0) return DECIDED
    revalidatePath('/operator/prices')
    return { status: 'done' }
  })
