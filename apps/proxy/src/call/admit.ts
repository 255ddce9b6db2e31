import type { Caller } from '@atpar/core/caller'
import { AppError, type LimitDetail } from '@atpar/core/errors'
import { formatUsd, fromNanoUsd, nanoUsd, toNanoUsdCeil, ZERO_PUSD, type Pusd } from '@atpar/core/money'
import { counterOf, limitsOn } from '@atpar/core/limit-arithmetic'
import { periodBounds } from '@atpar/core/period'
import { boundCost } from '@atpar/core/pricing'
import { boundInputTokens, expectedOutputTokens } from '@atpar/core/tokens-bound'
import type { TrailStep } from '@atpar/core/usage-event'
import type { ReserveResult } from '@atpar/redis/quota'
import type { Deps } from '../deps.ts'
import { joinTags } from '../http/tags.ts'
import { encodeBegin } from '../journal/record-text.ts'
import { describeAttempt } from '../metering/describe-attempt.ts'
import { TOTAL_TIMEOUT_MS } from '../timeouts.ts'
import type { Admission, IncomingCall, Plan } from './call-context.ts'

interface AdmitInput {
  readonly caller: Caller
  readonly plan: Plan
  readonly call: IncomingCall
}

/** After the longest a request may take, plus what its settlement may need, an open hold belongs to the sweeper. */
const HOLD_GRACE_MS = 60_000

/** Step 2½: rate limits and room on every level, all or nothing, and the money put aside. What runs on the organization's own credentials needs no money of ours. */
export const admit = async (deps: Deps, input: AdmitInput): Promise<Admission> => {
  const wanted = await reserve(deps, input)
  if (wanted.kind === 'held') return wanted.admission
  const unbilled =
    wanted.result.kind === 'refused' && wanted.result.reason === 'budget' ? leaveOutPlatform(input) : null
  if (unbilled === null) throw refusal(wanted.result, input.caller, input.call)
  const rest = await reserve(deps, { ...input, plan: unbilled })
  if (rest.kind === 'held') return rest.admission
  throw refusal(rest.result, input.caller, input.call)
}

type Reservation =
  | { readonly kind: 'held'; readonly admission: Admission }
  | { readonly kind: 'refused'; readonly result: Exclude<ReserveResult, { kind: 'held' }> }

const reserve = async (deps: Deps, { caller, plan, call }: AdmitInput): Promise<Reservation> => {
  const inputTokens = boundInputTokens(call.facts, plan.candidates)
  const outputTokens = expectedOutputTokens(call.facts, plan.candidates)
  const holdPusd = dearestHold(plan, { inputTokens, outputTokens })
  const tags = joinTags(caller.labels, call.tags)
  const counted = { modelId: plan.model.id, tags }
  const isBilled = plan.candidates.some(({ funding }) => funding === 'platform')
  // A call that we do not bill draws on no budget in dollars, and so no spent one is in its way; its tokens count like any.
  const budgets = limitsOn(caller.budgets, counted).filter(({ unit }) => isBilled || unit === 'tokens')
  const counters = budgets.map((budget) => counterOf(budget, call.startedAtMs))
  const holdId = `${call.requestId}:1`
  const first = plan.candidates[0]
  const result = await deps.quota.reserve({
    orgId: caller.orgId,
    holdId,
    bootId: deps.bootId,
    amount: toNanoUsdCeil(holdPusd),
    deadlineMs: deps.clock.wallMs() + TOTAL_TIMEOUT_MS + HOLD_GRACE_MS,
    counters,
    rates: limitsOn(caller.rateLimits, counted),
    tokens: inputTokens + outputTokens,
    payload:
      first === undefined
        ? ''
        : encodeBegin(describeAttempt({ caller, call, plan, holdPusd, tags }, { number: 1, offering: first })),
  })
  if (result.kind !== 'held') return { kind: 'refused', result }
  const hard = budgets.some((budget) => budget.hard)
  return { kind: 'held', admission: { caller, plan, holdId, holdPusd, hard, rates: result.rates, tags } }
}

/** What is left of a plan for which there is no money: own credentials and local models. Null when that is nothing, or all of it. */
const leaveOutPlatform = ({ plan, call }: AdmitInput): Plan | null => {
  const rest = plan.candidates.filter(({ funding }) => funding !== 'platform')
  const dropped = plan.candidates.filter(({ funding }) => funding === 'platform')
  const model = call.snapshot.models.get(rest[0]?.modelId ?? '')
  if (model === undefined || dropped.length === 0) return null
  const skipped = dropped.map((candidate): TrailStep => ({
    attempt: null,
    offeringId: candidate.id,
    provider: candidate.providerId,
    result: 'skipped',
    reason: "the budget leaves no room for the platform's account",
  }))
  return { model, candidates: rest, skipped: [...plan.skipped, ...skipped] }
}

const dearestHold = (plan: Plan, bound: { readonly inputTokens: number; readonly outputTokens: number }): Pusd => {
  let dearest = ZERO_PUSD
  for (const offering of plan.candidates) {
    if (offering.rates === null || offering.funding !== 'platform') continue
    const cost = boundCost(offering.rates, bound)
    if (cost > dearest) dearest = cost
  }
  return dearest
}

const refusal = (result: Exclude<ReserveResult, { kind: 'held' }>, caller: Caller, call: IncomingCall): AppError => {
  if (result.kind === 'unavailable') return new AppError('quota_unavailable', { metadata: { retryAfterSeconds: 2 } })
  if (result.reason !== 'budget') {
    const retryAfterSeconds = Math.max(1, Math.ceil(result.retryAfterMs / 1000))
    const limit: LimitDetail = {
      scope: result.limit.scope,
      id: result.limit.id,
      kind: result.reason,
      limit: describeRate(result.limit, result.reason),
      resetsAt: null,
    }
    return new AppError('rate_limited', {
      message: `The ${result.limit.scope}'s limit of ${limit.limit} is reached. Try again in ${retryAfterSeconds} s.`,
      metadata: { retryAfterSeconds, limit },
    })
  }
  const budget = caller.budgets.find((each) => each.id === result.counter.budgetId)
  if (budget === undefined) return new AppError('budget_exceeded')
  const bounds = periodBounds(budget.period, budget.timeZone, call.startedAtMs)
  const limit: LimitDetail = {
    scope: budget.scope,
    id: budget.id,
    kind: 'budget',
    limit: formatUsd(budget.limitPusd, 2),
    spent: formatUsd(fromNanoUsd(nanoUsd(result.state.used)), 2),
    held: formatUsd(fromNanoUsd(nanoUsd(result.state.held)), 2),
    resetsAt: bounds.toMs === null ? null : new Date(bounds.toMs).toISOString(),
  }
  const until = limit.resetsAt === null ? 'It does not reset by itself' : `It resets at ${limit.resetsAt}`
  return new AppError('budget_exceeded', {
    message: `The ${budget.scope}'s ${budget.period === 'total' ? 'total' : `${budget.period}ly`.replace('dayly', 'daily')} budget of $${limit.limit} leaves no room: $${limit.spent} spent, $${limit.held} held for running requests. ${until}; an admin can raise it.`,
    metadata: { limit },
  })
}

const describeRate = (
  limit: {
    readonly requestsPerMinute: number | null
    readonly tokensPerMinute: number | null
    readonly concurrency: number | null
  },
  reason: 'requests_per_minute' | 'tokens_per_minute' | 'concurrency',
): string => {
  switch (reason) {
    case 'requests_per_minute':
      return `${limit.requestsPerMinute ?? 0} requests per minute`
    case 'tokens_per_minute':
      return `${limit.tokensPerMinute ?? 0} tokens per minute`
    case 'concurrency':
      return `${limit.concurrency ?? 0} concurrent requests`
  }
}
