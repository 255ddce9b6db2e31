import { dearestCost, fittingOutput, hardRoomOf, type Room, type TokenBounds } from '@atpar/core/hold-arithmetic'
import { pusd, toNanoUsdCeil, type Pusd } from '@atpar/core/money'
import { AppError } from '@atpar/core/errors'
import type { BudgetState } from '@atpar/core/quota'
import type { Deps } from '../deps.ts'
import type { Admission, IncomingCall, Plan } from '../call/call-context.ts'
import { budgetExceeded } from '../limits/refusals.ts'
import type { Size } from './size-up.ts'

interface SecureInput {
  readonly admission: Admission
  readonly plan: Plan
  readonly call: IncomingCall
  readonly size: Size
}

/** Room below this many times the hold is short: from here on estimates no longer do. */
const SHORT_ROOM_HOLDS = 4

/**
 * Where a hard budget is nearly used up, estimates give way to bounds: the hold comes to cover the input at a token per byte, and for an answer
 * that comes in one piece all of its output, with an output limit that makes it so. Elsewhere an answer in one piece is only kept from
 * outgrowing the whole room. Costs nothing where there is room. @throws AppError `budget_exceeded`, the hold being released
 */
export const secureHold = (deps: Deps, input: SecureInput): Admission | Promise<Admission> => {
  const { admission, plan, call, size } = input
  if (admission.states.length === 0) return admission
  const before = roomBefore(admission)
  if (isShort(before, admission)) return secureShort(deps, input, before)
  if (call.facts.stream) return admission
  const fitting = fittingOutput(plan.candidates, size.worst, before)
  return fitting === null || fitting >= size.worst.outputTokens ? admission : { ...admission, clampTokens: fitting }
}

const secureShort = async (deps: Deps, input: SecureInput, before: Room): Promise<Admission> => {
  const { admission, plan, call, size } = input
  const { hold } = admission
  const most = call.facts.stream ? { ...size.worst, outputTokens: hold.outputTokens } : size.worst
  const wanted = fittingOutput(plan.candidates, most, before)
  const bounds = wanted === null ? null : { ...size.worst, outputTokens: wanted }
  const secured =
    bounds !== null && wanted !== null && wanted >= size.floorTokens && (await growTo(deps, input, bounds))
  if (secured === true && bounds !== null) return clampToRoom(input, before, bounds)
  // Someone else took the room meanwhile: then the answer has to do with what is held already.
  const remaining = fittingOutput(plan.candidates, size.worst, {
    pusd: hold.pusd,
    tokens: before.tokens === null ? null : BigInt(hold.inputTokens + hold.outputTokens),
  })
  if (remaining !== null && remaining >= size.floorTokens) return { ...admission, clampTokens: remaining }
  deps.quota.release(admission.caller.orgId, admission.holdId)
  throw explain(admission, call)
}

/** What was free before this hold was taken out of it. */
const roomBefore = ({ counters, states, hold }: Admission): Room => {
  const room = hardRoomOf(counters, states)
  return {
    pusd: room.pusd === null ? null : pusd(room.pusd + hold.pusd),
    tokens: room.tokens === null ? null : room.tokens + BigInt(hold.inputTokens + hold.outputTokens),
  }
}

const isShort = (before: Room, { hold }: Admission): boolean =>
  (before.pusd !== null && before.pusd < hold.pusd * BigInt(SHORT_ROOM_HOLDS)) ||
  (before.tokens !== null && before.tokens < BigInt((hold.inputTokens + hold.outputTokens) * SHORT_ROOM_HOLDS))

/** True when the hold covers these bounds now. */
const growTo = async (deps: Deps, { admission, plan }: SecureInput, bounds: TokenBounds): Promise<boolean> => {
  const { hold } = admission
  const cost = dearestCost(plan.candidates, bounds)
  const missingPusd = cost > hold.pusd ? pusd(cost - hold.pusd) : ZERO
  const missingTokens = Math.max(0, bounds.inputTokens + bounds.outputTokens - hold.inputTokens - hold.outputTokens)
  if (missingPusd > ZERO || missingTokens > 0) {
    const delta = { amount: toNanoUsdCeil(missingPusd), tokens: missingTokens }
    if ((await deps.quota.extend(admission.caller.orgId, admission.holdId, delta)) !== 'extended') return false
  }
  hold.pusd = pusd(hold.pusd + missingPusd)
  hold.inputTokens = bounds.inputTokens
  hold.outputTokens = Math.max(hold.outputTokens, bounds.outputTokens)
  return true
}

const ZERO: Pusd = pusd(0n)

/** A stream may grow into the room that is left, an answer in one piece up to what is held. */
const clampToRoom = ({ admission, plan, call, size }: SecureInput, before: Room, bounds: TokenBounds): Admission => {
  const most = call.facts.stream ? fittingOutput(plan.candidates, size.worst, before) : bounds.outputTokens
  const limit = Math.max(bounds.outputTokens, most ?? 0)
  return limit >= size.worst.outputTokens ? admission : { ...admission, clampTokens: limit }
}

/** The hard budget with the smallest part left. */
const explain = ({ budgets, counters, states }: Admission, call: IncomingCall): AppError => {
  let tightest: { readonly state: BudgetState; readonly part: number } | null = null
  for (const [index, state] of states.entries()) {
    if (counters[index]?.hard !== true) continue
    const part = Number(state.limit - state.used - state.held) / Math.max(1, Number(state.limit))
    if (tightest === null || part < tightest.part) tightest = { state, part }
  }
  const budget = budgets.find((each) => each.id === tightest?.state.budgetId)
  return tightest === null || budget === undefined
    ? new AppError('budget_exceeded')
    : budgetExceeded({ budget, state: tightest.state, atMs: call.startedAtMs, when: 'before', retryAfterMs: null })
}
