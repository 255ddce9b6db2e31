import { AppError } from '@atpar/core/errors'
import type { TrailStep } from '@atpar/core/usage-event'
import type { Plan } from '../call/call-context.ts'
import type { KeptResponses } from './kept-responses.ts'

interface PinInput {
  readonly orgId: string
  readonly plan: Plan | Promise<Plan>
  /** What the request goes on from. */
  readonly ids: readonly string[]
}

const SEND_ALL = 'Send the whole conversation in "input" instead.'

/** The plan without everyone who does not keep what the request goes on from. @throws AppError `response_not_kept` when that leaves nobody. */
export const pinPlan = async (kept: KeptResponses, { orgId, plan: asked, ids }: PinInput): Promise<Plan> => {
  const plan = await asked
  const keepers = await kept.find(orgId, ids)
  const missing = ids.find((_id, index) => keepers[index] === null || keepers[index] === undefined)
  if (missing !== undefined)
    throw new AppError('response_not_kept', {
      param: missing.startsWith('resp_') ? 'previous_response_id' : 'input',
      message: `No provider keeps "${missing.slice(0, 100)}" for this organization. ${SEND_ALL}`,
    })
  const candidates = plan.candidates.filter(({ providerId, credential }) =>
    keepers.every(
      (keeper) => keeper?.providerId === providerId && keeper.credentialId === (credential?.credentialId ?? null),
    ),
  )
  if (candidates.length === 0)
    throw new AppError('response_not_kept', {
      param: 'previous_response_id',
      message: `What this request goes on from is kept by ${keepers[0]?.providerId ?? 'another provider'}, which cannot serve "${plan.model.id}" for it. ${SEND_ALL}`,
    })
  const skipped = plan.candidates
    .filter((candidate) => !candidates.includes(candidate))
    .map(({ id, providerId }): TrailStep => ({
      attempt: null,
      offeringId: id,
      provider: providerId,
      result: 'skipped',
      reason: 'does not keep what the request goes on from',
    }))
  return { ...plan, candidates, skipped: [...plan.skipped, ...skipped] }
}
