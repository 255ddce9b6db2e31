'use server'

import { headers } from 'next/headers'
import { z } from 'zod'
import { readClient } from '../auth/client.ts'
import { requireUser } from '../auth/guard.ts'
import { runAction } from '../run-action.ts'
import type { FormState } from '../ui/form-state.ts'
import { PROOFS, proveIdentity, sendProofCode, type Proof } from './prove-identity.ts'

export interface ProofChoices {
  readonly email: string
  /** The easiest first; never empty. */
  readonly proofs: readonly Proof[]
}

/** What this person can confirm with. A code by mail only when there is nothing stronger. */
export const readProofChoices = async (): Promise<ProofChoices> => {
  const { email, hasPassword, hasTwoFactor } = await requireUser()
  const own: readonly Proof[] = [
    ...(hasPassword ? (['password'] as const) : []),
    ...(hasTwoFactor ? (['second-factor'] as const) : []),
  ]
  return { email, proofs: own.length === 0 ? ['mail-code'] : own }
}

export const sendProofCodeAction = async (_previous: FormState, _form: FormData): Promise<FormState> =>
  runAction('send-proof-code', async (): Promise<FormState> => {
    await sendProofCode(await requireUser())
    return { status: 'done' }
  })

const offerSchema = z.object({ proof: z.enum(PROOFS), typed: z.string().min(1).max(200) })

export const proveIdentityAction = async (_previous: FormState, form: FormData): Promise<FormState> =>
  runAction('prove-identity', async (): Promise<FormState> => {
    const session = await requireUser()
    const offer = offerSchema.safeParse(Object.fromEntries(form))
    const allowed = await readProofChoices()
    const isRight =
      offer.success &&
      allowed.proofs.includes(offer.data.proof) &&
      (await proveIdentity(session, offer.data, readClient(await headers())))
    return isRight ? { status: 'done' } : { status: 'failed', fields: { typed: 'That is not right.' } }
  })
