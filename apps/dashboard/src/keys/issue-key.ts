import type { Pusd } from '@atpar/core/money'
import type { BudgetPeriod } from '@atpar/core/quota'
import { generateApiKey, hmacKey } from '@atpar/crypto/api-key'
import { createKey } from '@atpar/db/api-keys'
import { recordAudit } from '@atpar/db/audit-log'
import { setBudget } from '@atpar/db/budgets'
import { withTenant } from '@atpar/db/tenant'
import type { Visit } from '../auth/guard.ts'
import { readDeps } from '../deps.ts'
import { readEnv } from '../env.ts'

export type KeyOwner =
  | { readonly kind: 'member'; readonly memberId: string; readonly teamId: null }
  | { readonly kind: 'service'; readonly teamId: string }

export interface KeyOrder {
  readonly name: string
  readonly owner: KeyOwner
  readonly budgets: readonly { readonly period: BudgetPeriod; readonly limitPusd: Pusd }[]
  /** Empty = all. */
  readonly allowedModels: readonly string[]
}

/** Makes a key with its budgets in one transaction and returns its text, which is stored nowhere. The caller has checked the permission. */
export const issueKey = async (visit: Visit, order: KeyOrder): Promise<string> => {
  const { db, announceChange } = readDeps()
  const { pepper, isSimulated } = readEnv()
  const { text, publicPrefix, lastFour } = generateApiKey(isSimulated ? 'test' : 'live')
  await withTenant(db, visit.tenant, async (tx) => {
    const { keyId } = await createKey(tx, visit.orgId, {
      ...order.owner,
      name: order.name,
      secret: { hmac: hmacKey(text, pepper.secret), pepperId: pepper.id, publicPrefix, lastFour },
      createdByUserId: visit.session.userId,
      allowedModels: order.allowedModels,
    })
    for (const budget of order.budgets)
      await setBudget(tx, visit.orgId, { scope: 'key', scopeId: keyId, ...budget, hard: true })
    await recordAudit(tx, visit.orgId, {
      actorUserId: visit.session.userId,
      action: 'key-created',
      subjectKind: 'key',
      subjectId: keyId,
      after: { name: order.name, kind: order.owner.kind, shown: `${publicPrefix}…${lastFour}` },
    })
  })
  await announceChange()
  return text
}
