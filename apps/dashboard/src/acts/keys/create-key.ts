import { z } from 'zod'
import { AppError } from '@atpar/core/errors'
import type { Belonging } from '@atpar/core/permissions'
import { createKey, findKey, type KeySummary } from '@atpar/db/api-keys'
import { findMember } from '@atpar/db/members'
import { readDeps } from '../../deps.ts'
import { refuseNewKeysInDunning } from '../billing/refuse-new-keys.ts'
import { defineAct, type Act } from '../define-act.ts'
import { newBudget } from '../limits/limit-inputs.ts'
import { requireKnownModels } from '../limits/require-known-models.ts'
import { writeBudget } from '../limits/set-budget.ts'
import { newRateLimit, writeRateLimit } from '../limits/set-rate-limit.ts'
import { describeKey } from './describe-key.ts'
import { keyLabels, keyName, keyScope } from './key-inputs.ts'

const MOST_BUDGETS = 8

const owner = z.discriminatedUnion('kind', [
  /** A member's own key. It counts against `teamId`, or against the member's only team. */
  z.strictObject({ kind: z.literal('member'), memberId: z.uuid(), teamId: z.uuid().nullable().default(null) }),
  /** A key of a team and of nobody in it. */
  z.strictObject({ kind: z.literal('service'), teamId: z.uuid() }),
])
type OwnerInput = z.output<typeof owner>

/** Leaving a team stops the keys that name it; so a key names the team of whoever is in one only. */
const withOnlyTeam = async (act: Act, wanted: OwnerInput): Promise<OwnerInput> => {
  if (wanted.kind === 'service' || wanted.teamId !== null) return wanted
  const member = await findMember(act.tx, act.orgId, wanted.memberId)
  const [only, ...others] = member?.teams ?? []
  return { ...wanted, teamId: only !== undefined && others.length === 0 ? only.teamId : null }
}

const belongingOf = (wanted: OwnerInput): Belonging => ({
  memberId: wanted.kind === 'member' ? wanted.memberId : null,
  teamId: wanted.teamId,
})

export interface IssuedKey {
  readonly key: KeySummary
  /** The whole key: in this answer and never again. */
  readonly apiKey: string
}

/**
 * Issues a key: for oneself, for a member of a team one administers, for anyone as an admin, or as a service key of a team. Its budgets and limits
 * come with it, so that it is never without them.
 * @throws AppError not_found when the member or team is not within reach, invalid_request for a model that nobody offers, billing_suspended while an
 * invoice is overdue by days
 */
export const createKeyAct = defineAct({
  name: 'create-key',
  effect: 'write',
  permission: 'key:create',
  input: z.strictObject({
    name: keyName,
    owner,
    allowedModels: keyScope.allowedModels.default([]),
    allowedEndpoints: keyScope.allowedEndpoints.default([]),
    allowedRoutes: keyScope.allowedRoutes.default([]),
    allowedCidrs: keyScope.allowedCidrs.default([]),
    expiresAtMs: keyScope.expiresAtMs.default(null),
    labels: keyLabels.default([]),
    budgets: z.array(newBudget).max(MOST_BUDGETS).default([]),
    rateLimit: newRateLimit.nullable().default(null),
  }),
  run: async (act, input): Promise<IssuedKey> => {
    const wanted = await withOnlyTeam(act, input.owner)
    act.requireReach('key:create', belongingOf(wanted))
    await refuseNewKeysInDunning(act)
    await requireKnownModels(act, 'allowedModels', input.allowedModels)
    if (input.expiresAtMs !== null && input.expiresAtMs <= act.atMs)
      throw new AppError('invalid_request', { message: 'The end of the key lies in the past.', param: 'expiresAtMs' })
    const { text, secret } = readDeps().mintKey()
    const { keyId } = await createKey(act.tx, act.orgId, {
      ...wanted,
      name: input.name,
      secret,
      createdByUserId: act.userId,
      allowedModels: input.allowedModels,
      allowedEndpoints: input.allowedEndpoints,
      allowedRoutes: input.allowedRoutes,
      allowedCidrs: input.allowedCidrs,
      labels: input.labels,
      expiresAtMs: input.expiresAtMs,
    })
    const key = await findKey(act.tx, act.orgId, { keyId, atMs: act.atMs })
    if (key === null) throw new Error(`The key ${keyId} that was just made is not there.`)
    await act.audit({ action: 'key-created', subjectKind: 'key', subjectId: keyId, after: describeKey(key) })
    const level = { scope: 'key', scopeId: keyId } as const
    for (const budget of input.budgets) await writeBudget(act, level, budget)
    if (input.rateLimit !== null) await writeRateLimit(act, level, input.rateLimit)
    return { key, apiKey: text }
  },
})
