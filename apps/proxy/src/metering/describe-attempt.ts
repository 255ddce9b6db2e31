import type { Caller } from '@atpar/core/caller'
import type { Pusd } from '@atpar/core/money'
import type { Offering } from '@atpar/core/snapshot'
import { billingPeriodOf, type AttemptBegin } from '@atpar/core/usage-event'
import type { IncomingCall, Plan } from '../call/call-context.ts'

interface AttemptFacts {
  readonly caller: Caller
  readonly call: IncomingCall
  readonly plan: Plan
  readonly holdPusd: Pusd
  readonly tags: readonly string[]
  readonly leaseNumber: number | null
}

/** Everything a usage event needs if this process dies before the attempt ends. */
export const describeAttempt = (
  { caller, call, plan, holdPusd, tags, leaseNumber }: AttemptFacts,
  attempt: { readonly number: number; readonly offering: Offering },
): AttemptBegin => ({
  requestId: call.requestId,
  attempt: attempt.number,
  orgId: caller.orgId,
  teamId: caller.teamId,
  memberId: caller.memberId,
  keyId: caller.keyId,
  endpoint: call.endpoint,
  callerDialect: call.dialect.id,
  streamed: call.facts.stream,
  provider: attempt.offering.providerId,
  offeringId: attempt.offering.id,
  modelRequested: call.facts.model.slice(0, 200),
  modelId: plan.model.id,
  routeVersionId: null,
  serviceTier: null,
  funding: attempt.offering.funding,
  startedAtMs: call.startedAtMs,
  billingPeriod: billingPeriodOf(call.startedAtMs),
  priceBookId: call.snapshot.priceBookId,
  estimatePusd: holdPusd,
  tags,
  leaseNumber,
})
