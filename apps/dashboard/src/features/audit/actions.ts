'use server'

import { verifyAuditAct } from '../../acts/audit/verify-audit.ts'
import { actAs, requireOrganization } from '../../auth/guard.ts'
import { runAction } from '../../run-action.ts'
import type { FormState } from '../../ui/form-state.ts'

export interface VerifyState extends FormState {
  readonly report?: {
    readonly entries: number
    readonly erased: number
    readonly headHash: string
    readonly faults: readonly { readonly sequence: number; readonly what: string }[]
  }
}

export const verifyAuditAction = async (
  orgSlug: string,
  _previous: VerifyState,
  _form: FormData,
): Promise<VerifyState> =>
  runAction('verify-audit', async (): Promise<VerifyState> => {
    const report = await verifyAuditAct(await actAs(await requireOrganization(orgSlug)), {})
    return { status: 'done', report }
  })
