import { listGuardrails, type Guardrail } from '@atpar/db/guardrails'
import { defineAct } from '../define-act.ts'
import { holderFilter, listVisibleHolders, mayManageLimits } from '../limits/limit-reach.ts'

export interface GuardrailView extends Guardrail {
  /** Whose it is, as people call it. */
  readonly holderName: string
  /** Whether it is theirs to change. */
  readonly mayManage: boolean
}

/** The guardrails of every level they may see. Those of revoked keys are left out. */
export const listGuardrailsAct = defineAct({
  name: 'list-guardrails',
  effect: 'read',
  permission: 'budget:read',
  input: holderFilter,
  run: async (act, filter): Promise<readonly GuardrailView[]> => {
    const holders = await listVisibleHolders(act, filter)
    return (await listGuardrails(act.tx, act.orgId)).flatMap((guardrail) => {
      const holder = holders.find(({ scope, scopeId }) => scope === guardrail.scope && scopeId === guardrail.scopeId)
      return holder === undefined
        ? []
        : [{ ...guardrail, holderName: holder.name, mayManage: mayManageLimits(act, holder) }]
    })
  },
})
