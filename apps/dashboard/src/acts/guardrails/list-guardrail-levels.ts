import { z } from 'zod'
import type { LimitHolder } from '@atpar/db/limit-holders'
import { defineAct } from '../define-act.ts'
import { listVisibleHolders, mayManageLimits } from '../limits/limit-reach.ts'

/** A level that may have a guardrail. */
export interface GuardrailLevel extends Pick<LimitHolder, 'scope' | 'scopeId' | 'name'> {
  /** Whether it is theirs to set one there. */
  readonly mayManage: boolean
}

/** Every level they may see. */
export const listGuardrailLevelsAct = defineAct({
  name: 'list-guardrail-levels',
  effect: 'read',
  permission: 'budget:read',
  input: z.strictObject({}),
  run: async (act): Promise<readonly GuardrailLevel[]> =>
    (await listVisibleHolders(act, {})).map((holder) => ({
      scope: holder.scope,
      scopeId: holder.scopeId,
      name: holder.name,
      mayManage: mayManageLimits(act, holder),
    })),
})
