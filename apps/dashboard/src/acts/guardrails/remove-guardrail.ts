import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { findGuardrail, removeGuardrail } from '@atpar/db/guardrails'
import { defineAct } from '../define-act.ts'
import { requireManageable } from '../limits/limit-reach.ts'
import { describeForAudit } from './guard-inputs.ts'

/** Removes the guardrail of a level; the ones above it still bind. @throws AppError not_found when it is not within reach */
export const removeGuardrailAct = defineAct({
  name: 'remove-guardrail',
  effect: 'write',
  permission: 'budget:manage',
  input: z.strictObject({ guardrailId: z.uuid() }),
  run: async (act, { guardrailId }) => {
    const guardrail = await findGuardrail(act.tx, act.orgId, guardrailId)
    if (guardrail === null) throw new AppError('not_found')
    await requireManageable(act, guardrail)
    if (!(await removeGuardrail(act.tx, act.orgId, guardrailId))) throw new AppError('not_found')
    await act.audit({
      action: 'guardrail-removed',
      subjectKind: 'guardrail',
      subjectId: guardrailId,
      before: describeForAudit(guardrail),
    })
  },
})
