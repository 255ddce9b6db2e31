import type { TrailStep } from '@atpar/core/usage-event'
import type { Plan } from '../call/call-context.ts'
import type { Candidate } from './candidates.ts'

/**
 * Leaves the simulated offerings of a model out of a plan that also has a real one. An answer that a simulator made up in place of a real provider's
 * would look like one and be billed like one. Whoever names a simulated offering alone, or another model to fall back to, still gets it.
 */
export const withoutStandIns = (plan: Plan): Plan => {
  if (!plan.candidates.some(isSimulated)) return plan
  const servedForReal = new Set(
    plan.candidates.filter((candidate) => !isSimulated(candidate)).map(({ modelId }) => modelId),
  )
  if (servedForReal.size === 0) return plan
  const isStandIn = (candidate: Candidate): boolean => isSimulated(candidate) && servedForReal.has(candidate.modelId)
  const candidates = plan.candidates.filter((candidate) => !isStandIn(candidate))
  return { ...plan, candidates, skipped: [...plan.skipped, ...plan.candidates.filter(isStandIn).map(toTrailStep)] }
}

const isSimulated = ({ target }: Candidate): boolean => target.simulated

const toTrailStep = ({ id, providerId }: Candidate): TrailStep => ({
  attempt: null,
  offeringId: id,
  provider: providerId,
  result: 'skipped',
  reason: 'simulated here, and a real provider serves the model',
})
