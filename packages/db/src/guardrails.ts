import { NO_POLICY, type GuardPolicy, type ScopedPolicy } from '@atpar/core/guardrails'
import { isUuid } from '@atpar/core/ids'
import type { LimitScope } from '@atpar/core/quota'
import type { Tx } from './client.ts'
import type { Level } from './limit-holders.ts'
import { newId } from './new-id.ts'
import type { OrgId } from './tenant.ts'

/** The policy of one level. */
export interface Guardrail extends ScopedPolicy {
  readonly id: string
  readonly scopeId: string
  readonly updatedAt: Date
}

interface GuardrailRow {
  readonly id: string
  readonly scope: string
  readonly scopeId: string
  readonly policy: unknown
  readonly updatedAt: Date
}

const toGuardrail = (row: GuardrailRow): Guardrail => ({
  id: row.id,
  // Held to these words by the table's check.
  scope: row.scope as LimitScope,
  scopeId: row.scopeId,
  // Checked when it was set. What was not known then is off.
  policy: { ...NO_POLICY, ...(row.policy as Partial<GuardPolicy>) },
  updatedAt: row.updatedAt,
})

export const listGuardrails = async (tx: Tx, orgId: OrgId): Promise<readonly Guardrail[]> =>
  (await tx.guardrail.findMany({ where: { orgId }, orderBy: { id: 'asc' } })).map(toGuardrail)

/** Null for another organization's as for none. */
export const findGuardrail = async (tx: Tx, orgId: OrgId, guardrailId: string): Promise<Guardrail | null> => {
  if (!isUuid(guardrailId)) return null
  const row = await tx.guardrail.findFirst({ where: { id: guardrailId, orgId } })
  return row === null ? null : toGuardrail(row)
}

/** The policy of one level; null where it has none. */
export const findGuardrailOf = async (tx: Tx, orgId: OrgId, { scope, scopeId }: Level): Promise<Guardrail | null> => {
  const row = await tx.guardrail.findUnique({ where: { orgId_scope_scopeId: { orgId, scope, scopeId } } })
  return row === null ? null : toGuardrail(row)
}

/** Sets the policy of a level, or replaces it. The caller has checked that the level exists in this organization. */
export const setGuardrail = async (
  tx: Tx,
  orgId: OrgId,
  { scope, scopeId, policy }: Level & { readonly policy: GuardPolicy },
): Promise<Guardrail> => {
  const value = {
    ...policy,
    blockedTerms: [...policy.blockedTerms],
    allowedModels: [...policy.allowedModels],
    refusedParameters: [...policy.refusedParameters],
  }
  const row = await tx.guardrail.upsert({
    where: { orgId_scope_scopeId: { orgId, scope, scopeId } },
    create: { id: newId(), orgId, scope, scopeId, policy: value },
    update: { policy: value, version: { increment: 1 }, updatedAt: new Date() },
  })
  return toGuardrail(row)
}

/** @returns false when there is no such guardrail here. */
export const removeGuardrail = async (tx: Tx, orgId: OrgId, guardrailId: string): Promise<boolean> => {
  if (!isUuid(guardrailId)) return false
  const { count } = await tx.guardrail.deleteMany({ where: { id: guardrailId, orgId } })
  return count > 0
}
