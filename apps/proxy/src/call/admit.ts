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
export const admit = (deps: Deps, input: AdmitInput): Admission | Promise<Admission> => {
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

const admitPlan = (deps: Deps, input: PlanToAdmit): Admission | Promise<Admission> => {
  const { caller, plan, call } = input
  const tags = joinTags(caller.labels, call.tags)
  const counted = { modelId: plan.model.id, tags }
  const budgets = budgetsOn(caller, plan.candidates, counted)
  const isHard = budgets.some((budget) => budget.hard)
  const ask: Ask = {
    caller,
    plan,
    call,
    size: sizeUp(deps, { caller, plan, call, isHard }),
    tags,
    budgets,
    isHard,
    counters: countersOf(budgets, call.startedAtMs),
    rates: limitsOn(caller.rateLimits, counted),
    holdId: `${call.requestId}:${input.hold}`,
    told: null,
  }
  const { expected } = ask.size
  const wish: Wish = { bounds: expected, holdPusd: dearestCost(plan.candidates, expected) }
  const result = reserve(deps, ask, wish)
  return result instanceof Promise
    ? admitLater(deps, ask, { result, wish })
    : concludeAdmission(deps, ask, { result, wish })
}

/** Asks for what the request usually needs; refused by a hard budget, for the longest answer whose worst case fits what is left. */
const admitLater = async (
  deps: Deps,
  ask: Ask,
  first: { readonly result: Promise<ReserveResult>; readonly wish: Wish },
): Promise<Admission> => {
  let { wish } = first
  let result = await first.result
  for (let round = 0; round < MAX_CLAMP_ROUNDS; round += 1) {
    const bounds = fitToRoom(ask, result, wish.bounds)
    if (bounds === null) break
    wish = { bounds, holdPusd: dearestCost(ask.plan.candidates, bounds) }
    result = await reserve(deps, ask, wish)
  }
  // Nearly always at once, and then there is nothing to wait for.
  const admission = concludeAdmission(deps, ask, { result, wish })
  return admission instanceof Promise ? await admission : admission
}

const concludeAdmission = (
  deps: Deps,
  ask: Ask,
  { result, wish: { bounds, holdPusd } }: { readonly result: ReserveResult; readonly wish: Wish },
): Admission | Promise<Admission> => {
  const { caller, plan, call, budgets, size, isHard } = ask
  if (result.kind !== 'held') throw refusal(result, { budgets, atMs: call.startedAtMs })
  const admission: Admission = {
    caller,
    plan,
    tags: ask.tags,
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
  const secured = secureHold(deps, { admission, plan, call, size })
  return secured instanceof Promise ? secured.then((found) => noteClamp(deps, found)) : noteClamp(deps, secured)
}

const noteClamp = (deps: Deps, admission: Admission): Admission => {
  if (admission.clampTokens !== null) deps.metrics.recordClamp()
  return admission
}

interface Ask extends AdmitInput {
  readonly size: Size
  readonly isHard: boolean
  readonly tags: readonly string[]
  readonly budgets: readonly Budget[]
  readonly counters: readonly BudgetCounter[]
  readonly rates: readonly RateLimit[]
  readonly holdId: string
  /** What the hold was told of the first attempt; null when it was never asked. */
  told: FirstRecord | null
}

/** How much is asked for. */
interface Wish {
  readonly bounds: TokenBounds
  readonly holdPusd: Pusd
}

/** Null where nothing shorter helps. */
const fitToRoom = ({ plan, size }: Ask, result: ReserveResult, asked: TokenBounds): TokenBounds | null => {
  if (result.kind !== 'refused' || result.reason !== 'budget') return null
  const { limit, used, held, unit } = result.state
  const free = limit - used - held
  const room: Room =
    unit === 'tokens' ? { pusd: null, tokens: free } : { pusd: fromNanoUsd(nanoUsd(free)), tokens: null }
  // Refused again, by another level perhaps: it has to become less each time.
  const outputTokens = fittingOutput(plan.candidates, { ...size.worst, outputTokens: asked.outputTokens }, room)
  return outputTokens === null || outputTokens < size.floorTokens ? null : { ...size.worst, outputTokens }
}

const reserve = (deps: Deps, ask: Ask, { holdPusd, bounds }: Wish): ReserveResult | Promise<ReserveResult> => {
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
