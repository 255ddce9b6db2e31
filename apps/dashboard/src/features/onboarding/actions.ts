'use server'

import { redirect } from 'next/navigation'
import { parseUsd } from '@atpar/core/money'
import { createOrganization } from '@atpar/db/organizations'
import { createKeyAct } from '../../acts/keys/create-key.ts'
import { actAs, requireOrganization, requireUser } from '../../auth/guard.ts'
import { readDeps } from '../../deps.ts'
import { fieldErrors } from '../../form-errors.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'
import { readEnv } from '../../env.ts'
import { newOrganizationSchema } from './schema.ts'

/** Simulated money is nobody's: enough to try everything. Real money starts at zero until there is credit. */
const SIMULATED_CREDIT = parseUsd('100')
const REAL_CREDIT = parseUsd('0')

export const createOrganizationAction = async (_previous: FormState, form: FormData): Promise<FormState> =>
  runAction('create-organization', async (): Promise<FormState> => {
    const session = await requireUser()
    const parsed = newOrganizationSchema.safeParse(Object.fromEntries(form))
    if (!parsed.success) return { status: 'failed', fields: fieldErrors(parsed.error) }
    const { slug } = await createOrganization(readDeps().db, {
      name: parsed.data.name,
      ownerUserId: session.userId,
      starterCreditPusd: readEnv().isSimulated ? SIMULATED_CREDIT : REAL_CREDIT,
    })
    return redirect(`/${slug}/start`)
  })

export interface FirstKeyState extends FormState {
  /** The whole key, in this answer and never again. */
  readonly apiKey?: string
}

export const createFirstKeyAction = async (
  orgSlug: string,
  _previous: FirstKeyState,
  _form: FormData,
): Promise<FirstKeyState> =>
  runAction('create-first-key', async (): Promise<FirstKeyState> => {
    const visit = await requireOrganization(orgSlug)
    const { apiKey } = await createKeyAct(await actAs(visit), {
      name: 'First key',
      owner: { kind: 'member', memberId: visit.memberId },
    })
    return { status: 'done', apiKey }
  })
