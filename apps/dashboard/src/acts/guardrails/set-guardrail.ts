import { z } from 'zod'
import { findGuardrailOf, setGuardrail } from '@atpar/db/guardrails'
import { defineAct } from '../define-act.ts'
import { limitHolder } from '../limits/limit-inputs.ts'
import { requireManageable } from '../limits/limit-reach.ts'
import { requireKnownModels } from '../limits/require-known-models.ts'
import { describeForAudit, guardPolicy } from './guard-inputs.ts'
import type { GuardrailView } from './list-guardrails.ts'

/**
 * Sets what requests of a level may hold; replaces what was set there. Levels above it go on binding: the stricter of each wins. Effective on every
 * proxy within seconds. @throws AppError not_found when the level is not within reach, or a model is not known
 */
export const setGuardrailAct = defineAct({
  name: 'set-guardrail',
  effect: 'write',
  permission: 'budget:manage',
  input: z.strictObject({ ...limitHolder, policy: guardPolicy }),
  run: async (act, input): Promise<GuardrailView> => {
    const holder = await requireManageable(act, input)
    await requireKnownModels(act, 'policy.allowedModels', input.policy.allowedModels)
    const before = await findGuardrailOf(act.tx, act.orgId, input)
    const guardrail = await setGuardrail(act.tx, act.orgId, input)
    await act.audit({
      action: 'guardrail-set',
      subjectKind: 'guardrail',
      subjectId: guardrail.id,
      ...(before === null ? {} : { before: describeForAudit(before) }),
      after: describeForAudit(guardrail),
    })
    return { ...guardrail, holderName: holder.name, mayManage: true }
  },
})
