import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import { updateKey, type KeySummary } from '@atpar/db/api-keys'
import { defineAct } from '../define-act.ts'
import { requireKnownModels } from '../limits/require-known-models.ts'
import { describeKey } from './describe-key.ts'
import { findReachableKey, requireActive } from './find-reachable-key.ts'
import { decidesScope, requireScopeWithin } from './granter.ts'
import { keyLabels, keyName, keyScope } from './key-inputs.ts'

const withoutAbsent = <T extends object>(record: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>
  }

/**
 * Changes a key's name, labels, scope or end; absent fields stay. Effective on every proxy within seconds. Whoever only holds the key may narrow
 * what an admin decided, not widen it.
 * @throws AppError not_found when it is not within reach, conflict when it is revoked, forbidden for a scope beyond the granter's
 */
export const updateKeyAct = defineAct({
  name: 'update-key',
  effect: 'write',
  permission: 'key:create',
  input: z.strictObject({
    keyId: z.string(),
    name: keyName.optional(),
    labels: keyLabels.optional(),
    allowedModels: keyScope.allowedModels.optional(),
    allowedEndpoints: keyScope.allowedEndpoints.optional(),
    allowedRoutes: keyScope.allowedRoutes.optional(),
    allowedCidrs: keyScope.allowedCidrs.optional(),
    expiresAtMs: keyScope.expiresAtMs.optional(),
  }),
  run: async (act, { keyId, ...fields }): Promise<KeySummary> => {
    const before = await findReachableKey(act, 'key:create', keyId)
    requireActive(before)
    const change = withoutAbsent(fields)
    const after: KeySummary = { ...before, ...change }
    const isNewEnd = after.expiresAtMs !== before.expiresAtMs
    if (isNewEnd && after.expiresAtMs !== null && after.expiresAtMs <= act.atMs)
      throw new AppError('invalid_request', { message: 'The end of the key lies in the past.', param: 'expiresAtMs' })
    requireScopeWithin(act, before, { scope: after, labels: after.labels })
    await requireKnownModels(
      act,
      'allowedModels',
      after.allowedModels.filter((name) => !before.allowedModels.includes(name)),
    )
    const isDecision = Object.keys(change).some((field) => field !== 'name') && decidesScope(act, before)
    const update = { keyId, change, ...(isDecision ? { scopeSetByUserId: act.userId } : {}) }
    if (!(await updateKey(act.tx, act.orgId, update))) throw new AppError('conflict')
    await act.audit({
      action: 'key-changed',
      subjectKind: 'key',
      subjectId: keyId,
      before: describeKey(before),
      after: describeKey(after),
    })
    return after
  },
})
