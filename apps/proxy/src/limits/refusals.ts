import { AppError, type LimitDetail } from '@atpar/core/errors'
import { roomOf } from '@atpar/core/limit-arithmetic'
import { formatUsd, fromNanoUsd, nanoUsd } from '@atpar/core/money'
import { periodBounds } from '@atpar/core/period'
import type { Budget, BudgetPeriod, BudgetState, BudgetUnit, LimitScope, RateLimit } from '@atpar/core/quota'
import type { ReserveResult } from '@atpar/redis/quota'

/** How limits are told to those whom they stop: which one, how much, until when, and who can raise it. */

const PERIOD_WORDS: Readonly<Record<BudgetPeriod, string>> = {
  day: 'daily',
  week: 'weekly',
  month: 'monthly',
  total: 'total',
}

const RAISED_BY: Readonly<Record<LimitScope, string>> = {
  key: 'an admin of the team or of the organization',
  // A team's admin sets the limits of a member whose only team it is.
  member: "an admin of the organization, or of the member's only team",
  team: 'an admin of the team or of the organization',
  organization: 'an owner or admin of the organization',
}

/** Decimal dollars, or a whole number of tokens. */
export const formatAmount = (unit: BudgetUnit, amount: bigint): string =>
  unit === 'tokens' ? amount.toString() : formatUsd(fromNanoUsd(nanoUsd(amount)), 2)

const inWords = (unit: BudgetUnit, amount: string): string => (unit === 'tokens' ? `${amount} tokens` : `$${amount}`)

/** When the budget's period that holds this instant ends, ISO 8601; null when it never does. */
export const resetsAt = (budget: Budget, atMs: number): string | null => {
  const { toMs } = periodBounds(budget.period, budget.timeZone, atMs)
  return toMs === null ? null : isoText(toMs)
}

/** Told with every answer, and nearly always the end of the same month. */
const isoText = (atMs: number): string => {
  if (atMs !== lastIso.atMs) lastIso = { atMs, text: new Date(atMs).toISOString() }
  return lastIso.text
}

let lastIso = { atMs: 0, text: new Date(0).toISOString() }

const describeBudget = (budget: Budget, state: BudgetState, atMs: number): LimitDetail => ({
  scope: budget.scope,
  id: budget.id,
  kind: 'budget',
  unit: budget.unit,
  limit: formatAmount(budget.unit, state.limit),
  spent: formatAmount(budget.unit, state.used),
  held: formatAmount(budget.unit, state.held),
  remaining: formatAmount(budget.unit, roomOf(state)),
  resetsAt: resetsAt(budget, atMs),
  ...(budget.modelId === null ? {} : { modelId: budget.modelId }),
  ...(budget.tag === null ? {} : { tag: budget.tag }),
  raisedBy: RAISED_BY[budget.scope],
})

const filterWords = ({ modelId, tag }: Pick<Budget, 'modelId' | 'tag'>): string =>
  modelId === null ? (tag === null ? '' : ` for the tag ${tag}`) : ` for ${modelId}`

/** The sentence a person reads. `what` says what the budget leaves no room for. */
const tellBudget = (budget: Budget, limit: LimitDetail, what: string): string => {
  const spent = inWords(budget.unit, limit.spent ?? '0')
  const held = inWords(budget.unit, limit.held ?? '0')
  const until = limit.resetsAt === null ? 'It does not reset by itself' : `It resets at ${limit.resetsAt}`
  return `The ${budget.scope}'s ${PERIOD_WORDS[budget.period]} budget of ${inWords(budget.unit, limit.limit)}${filterWords(budget)} ${what}: ${spent} spent, ${held} held for running requests. ${until}; ${RAISED_BY[budget.scope]} can raise it.`
}

interface BudgetRefusal {
  readonly budget: Budget
  readonly state: BudgetState
  readonly atMs: number
  /** `cut`: in the middle of an answer. */
  readonly when: 'before' | 'cut'
  /** Null when waiting alone does not help. */
  readonly retryAfterMs: number | null
}

export const budgetExceeded = ({ budget, state, atMs, when, retryAfterMs }: BudgetRefusal): AppError => {
  const limit = describeBudget(budget, state, atMs)
  return new AppError('budget_exceeded', {
    message: tellBudget(budget, limit, when === 'cut' ? 'ended this answer' : 'leaves no room'),
    metadata: {
      limit,
      ...(retryAfterMs === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
    },
  })
}

type Refused = Exclude<ReserveResult, { kind: 'held' }>

const RATE_WORDS = {
  requests_per_minute: 'requests per minute',
  tokens_per_minute: 'tokens per minute',
  concurrency: 'concurrent requests',
} as const

export type RateReason = keyof typeof RATE_WORDS

const rateOf = (limit: RateLimit, reason: RateReason): number | null => {
  switch (reason) {
    case 'requests_per_minute':
      return limit.requestsPerMinute
    case 'tokens_per_minute':
      return limit.tokensPerMinute
    case 'concurrency':
      return limit.concurrency
  }
}

export const rateLimited = (limit: RateLimit, reason: RateReason, retryAfterMs: number): AppError => {
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  const rate = `${rateOf(limit, reason) ?? 0} ${RATE_WORDS[reason]}`
  const filter = filterWords(limit)
  return new AppError('rate_limited', {
    message: `The ${limit.scope}'s limit of ${rate}${filter} is reached. Try again in ${retryAfterSeconds} s; ${RAISED_BY[limit.scope]} can raise it.`,
    metadata: {
      retryAfterSeconds,
      limit: {
        scope: limit.scope,
        id: limit.id,
        kind: reason,
        limit: rate,
        resetsAt: null,
        ...(limit.modelId === null ? {} : { modelId: limit.modelId }),
        ...(limit.tag === null ? {} : { tag: limit.tag }),
        raisedBy: RAISED_BY[limit.scope],
      },
    },
  })
}

/** Why nothing could be held, as the caller is told it. */
export const refusal = (
  result: Refused,
  { budgets, atMs }: { readonly budgets: readonly Budget[]; readonly atMs: number },
): AppError => {
  if (result.kind === 'unavailable') return new AppError('quota_unavailable', { metadata: { retryAfterSeconds: 2 } })
  if (result.reason !== 'budget') return rateLimited(result.limit, result.reason, result.retryAfterMs)
  const budget = budgets.find((each) => each.id === result.counter.budgetId)
  if (budget === undefined) return new AppError('budget_exceeded')
  return budgetExceeded({ budget, state: result.state, atMs, when: 'before', retryAfterMs: result.retryAfterMs })
}
