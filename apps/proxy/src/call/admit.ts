import type { Caller } from '@atpar/core/caller'
import { dearestCost, fittingOutput, type Room, type TokenBounds } from '@atpar/core/hold-arithmetic'
import { AppError, type ErrorCode } from '@atpar/core/errors'
import { countersOf, limitsOn } from '@atpar/core/limit-arithmetic'
import { fromNanoUsd, nanoUsd, toNanoUsdCeil, type Pusd } from '@atpar/core/money'
import type { Budget, BudgetCounter, RateLimit } from '@atpar/core/quota'
import type { TrailStep } from '@atpar/core/usage-event'
import type { ReserveResult } from '@atpar/redis/quota'
import type { Deps } from '../deps.ts'
import { joinTags } from '../http/tags.ts'
import { encodeBegin } from '../journal/record-text.ts'
import { describeAttempt } from '../metering/describe-attempt.ts'
import { TOTAL_TIMEOUT_MS } from '../timeouts.ts'
import type { Admission, FirstRecord, IncomingCall, Plan } from './call-context.ts'
import { budgetsOn } from '../limits/counted-budgets.ts'
import { refusal } from '../limits/refusals.ts'
import { secureHold } from '../holds/secure-hold.ts'
import { sizeUp, type Size } from '../holds/size-up.ts'

interface AdmitInput {
  readonly caller: Caller
  readonly plan: Plan
  readonly call: IncomingCall
}

/** After the longest a request may take, plus what its settlement may need, an open hold belongs to the sweeper. */
const HOLD_GRACE_MS = 60_000
/** Room moves while we ask; whoever finds it smaller each time is refused in the end. */
const MAX_CLAMP_ROUNDS = 3

/**
 * Step 2½: rate limits and room on every level, all or nothing, and the money put aside; less of it for a shorter answer where room is short. What
 * the organization's own credentials can serve is rather served by them alone than shortened or refused for want of our money.
 */
export const admit = (deps: Deps, input: AdmitInput): Promise<Admission> => {
  const unbilled = leaveOutPlatform(input)
  return unbilled === null ? admitPlan(deps, { ...input, hold: 1 }) : admitEither(deps, input, unbilled)
}

const admitEither = async (deps: Deps, input: AdmitInput, unbilled: Plan): Promise<Admission> => {
  try {
    const admission = await admitPlan(deps, { ...input, hold: 1 })
    if (admission.clampTokens === null) return admission
    deps.quota.release(input.caller.orgId, admission.holdId)
  } catch (error) {
    if (!(error instanceof AppError && WANTS_MONEY.has(error.code))) throw error
  }
  return admitPlan(deps, { ...input, plan: unbilled, hold: 2 })
}

const WANTS_MONEY: ReadonlySet<ErrorCode> = new Set(['budget_exceeded', 'input_unbounded'])

/** What is left of a plan for which there is no money: own credentials and local models. Null when that is nothing, or all of it. */
const leaveOutPlatform = ({ plan, call }: AdmitInput): Plan | null => {
  const candidates = plan.candidates.filter(({ funding }) => funding !== 'platform')
  const model = call.snapshot.models.get(candidates[0]?.modelId ?? '')
  if (model === undefined || candidates.length === plan.candidates.length) return null
  const skipped = plan.candidates
    .filter(({ funding }) => funding === 'platform')
    .map(({ id, providerId }): TrailStep => ({
      attempt: null,
      offeringId: id,
      provider: providerId,
      result: 'skipped',
      reason: "the budget leaves no room for the platform's account",
    }))
  return { model, candidates, skipped: [...plan.skipped, ...skipped] }
}

interface PlanToAdmit extends AdmitInput {
  /** Which hold of the request this is: one that was given up is not made again under its name. */
  readonly hold: 1 | 2
}

const admitPlan = async (deps: Deps, input: PlanToAdmit): Promise<Admission> => {
  const { caller, plan, call } = input
  const tags = joinTags(caller.labels, call.tags)
  const counted = { modelId: plan.model.id, tags }
  const budgets = budgetsOn(caller, plan.candidates, counted)
  const isHard = budgets.some((budget) => budget.hard)
  const size = sizeUp(deps, { caller, plan, call, isHard })
  const ask: Ask = {
    caller,
    plan,
    call,
    tags,
    budgets,
    counters: countersOf(budgets, call.startedAtMs),
    rates: limitsOn(caller.rateLimits, counted),
    holdId: `${call.requestId}:${input.hold}`,
    told: null,
  }
  let bounds = size.expected
  let holdPusd = dearestCost(plan.candidates, bounds)
  let result = await reserve(deps, ask, { holdPusd, bounds })
  for (let round = 0; round < MAX_CLAMP_ROUNDS; round += 1) {
    const fitting = fitToRoom(ask, size, { result, bounds })
    if (fitting === null) break
    bounds = fitting
    holdPusd = dearestCost(plan.candidates, bounds)
    result = await reserve(deps, ask, { holdPusd, bounds })
  }
  if (result.kind !== 'held') throw refusal(result, { budgets, atMs: call.startedAtMs })
  const admission: Admission = {
    caller,
    plan,
    tags,
    budgets,
    counters: ask.counters,
    holdId: ask.holdId,
    hold: { pusd: holdPusd, ...bounds },
    first: result.leaseNumber === null ? ask.told : null,
    worst: size.worst,
    clampTokens: bounds.outputTokens < size.expected.outputTokens ? bounds.outputTokens : null,
    isHard,
    isClipped: budgets.some((budget) => budget.hard && budget.unit === 'usd'),
    leaseNumber: result.leaseNumber,
    states: result.states,
    rates: result.rates,
  }
  if (!isHard) return admission
  const secure = secureHold(deps, { admission, plan, call, size })
  const secured = secure instanceof Promise ? await secure : secure
  if (secured.clampTokens !== null) deps.metrics.recordClamp()
  return secured
}

interface Ask extends AdmitInput {
  readonly tags: readonly string[]
  readonly budgets: readonly Budget[]
  readonly counters: readonly BudgetCounter[]
  readonly rates: readonly RateLimit[]
  readonly holdId: string
  /** What the hold was told of the first attempt; null when it was never asked. */
  told: FirstRecord | null
}

/** What was asked for is what the request usually needs. Refused by a hard budget: the longest answer whose worst case fits what is left, or null. */
const fitToRoom = (
  { plan }: Ask,
  { worst, floorTokens }: Size,
  { result, bounds }: { readonly result: ReserveResult; readonly bounds: TokenBounds },
): TokenBounds | null => {
  if (result.kind !== 'refused' || result.reason !== 'budget') return null
  const { limit, used, held, unit } = result.state
  const free = limit - used - held
  const room: Room =
    unit === 'tokens' ? { pusd: null, tokens: free } : { pusd: fromNanoUsd(nanoUsd(free)), tokens: null }
  // Refused again, by another level perhaps: it has to become less each time.
  const outputTokens = fittingOutput(plan.candidates, { ...worst, outputTokens: bounds.outputTokens }, room)
  return outputTokens === null || outputTokens < floorTokens ? null : { ...worst, outputTokens }
}

const reserve = (
  deps: Deps,
  ask: Ask,
  { holdPusd, bounds }: { readonly holdPusd: Pusd; readonly bounds: TokenBounds },
): Promise<ReserveResult> => {
  const { caller, plan, call, tags } = ask
  const offering = plan.candidates[0]
  return deps.quota.reserve({
    orgId: caller.orgId,
    holdId: ask.holdId,
    bootId: deps.bootId,
    amount: toNanoUsdCeil(holdPusd),
    deadlineMs: deps.clock.wallMs() + TOTAL_TIMEOUT_MS + HOLD_GRACE_MS,
    counters: ask.counters,
    rates: ask.rates,
    tokens: bounds.inputTokens + bounds.outputTokens,
    payload: () => {
      if (offering === undefined) return ''
      const begin = describeAttempt({ caller, call, plan, holdPusd, tags, leaseNumber: null }, { number: 1, offering })
      ask.told = { begin, text: encodeBegin(begin) }
      return ask.told.text
    },
  })
}
