import type { OutgoingHttpHeaders } from 'node:http'
import type { AppError } from '@atpar/core/errors'
import { roomOf } from '@atpar/core/limit-arithmetic'
import type { Budget, BudgetState } from '@atpar/core/quota'
import type { RateState } from '@atpar/redis/quota'
import { namedHeaders, type HeaderList } from '../http/reply.ts'
import { formatAmount, resetsAt } from './refusals.ts'

/** What an answer says about the limits it counted against, so that clients slow down before they are refused. */

const WINDOW_SECONDS = 60

interface Standing {
  readonly budgets: readonly Budget[]
  /** Of the same order. */
  readonly states: readonly BudgetState[]
  readonly rates: readonly RateState[]
  readonly atMs: number
}

/** Null when there is nothing to tell: then the answer costs nothing more. */
export const describeStanding = ({ budgets, states, rates, atMs }: Standing): HeaderList | null => {
  if (states.length === 0 && rates.length === 0) return null
  const headers: string[] = []
  const place = findTightest(states)
  const budget = budgets[place]
  const state = states[place]
  if (budget !== undefined && state !== undefined) describeBudget(headers, budget, { state, atMs })
  describeRates(headers, findLeast(rates, readRequests), findLeast(rates, readTokens))
  return headers
}

/** The one with the smallest part left: money and tokens compare that way, and so do a key's dollar and an organization's thousand. -1 for none. */
const findTightest = (states: readonly BudgetState[]): number => {
  let tightest = -1
  let smallest = Number.POSITIVE_INFINITY
  for (let place = 0; place < states.length; place += 1) {
    const state = states[place]
    if (state === undefined) continue
    const limit = Number(state.limit)
    const part = (limit - Number(state.used) - Number(state.held)) / Math.max(1, limit)
    if (part >= smallest) continue
    smallest = part
    tightest = place
  }
  return tightest
}

/** Told with every answer, and the same until somebody edits the budget. */
const lastLimits = new WeakMap<Budget, { readonly limit: bigint; readonly text: string }>()

const limitText = (budget: Budget, limit: bigint): string => {
  const last = lastLimits.get(budget)
  if (last?.limit === limit) return last.text
  const text = formatAmount(budget.unit, limit)
  lastLimits.set(budget, { limit, text })
  return text
}

const describeBudget = (
  headers: string[],
  budget: Budget,
  { state, atMs }: { readonly state: BudgetState; readonly atMs: number },
): void => {
  headers.push('x-budget-scope', budget.scope)
  headers.push('x-budget-limit', limitText(budget, state.limit))
  headers.push('x-budget-remaining', formatAmount(budget.unit, roomOf(state)))
  if (budget.unit === 'tokens') headers.push('x-budget-unit', 'tokens')
  const reset = resetsAt(budget, atMs)
  if (reset !== null) headers.push('x-budget-reset', reset)
}

interface RateFacts {
  readonly limit: number
  readonly remaining: number
  readonly resetSeconds: number
}

const readRequests = (rate: RateState): RateFacts | null => {
  const limit = rate.limit.requestsPerMinute
  return limit === null || rate.remainingRequests === null
    ? null
    : { limit, remaining: rate.remainingRequests, resetSeconds: toSeconds(rate.resetRequestsMs) }
}

const readTokens = (rate: RateState): RateFacts | null => {
  const limit = rate.limit.tokensPerMinute
  return limit === null || rate.remainingTokens === null
    ? null
    : { limit, remaining: rate.remainingTokens, resetSeconds: toSeconds(rate.resetTokensMs) }
}

const toSeconds = (ms: number | null): number => Math.ceil((ms ?? 0) / 1000)

/** Of several levels the one with the least left is shown. */
const findLeast = (rates: readonly RateState[], read: (rate: RateState) => RateFacts | null): RateFacts | null => {
  let least: RateFacts | null = null
  for (const rate of rates) {
    const facts = read(rate)
    if (facts !== null && (least === null || facts.remaining < least.remaining)) least = facts
  }
  return least
}

/**
 * OpenAI's names, which every SDK's back-off knows, and the IETF's (draft-ietf-httpapi-ratelimit-headers: a policy by name with its quota and
 * window, and what remains of it until when).
 */
const describeRates = (headers: string[], requests: RateFacts | null, tokens: RateFacts | null): void => {
  if (requests !== null) describeRate(headers, 'requests', requests)
  if (tokens !== null) describeRate(headers, 'tokens', tokens)
  const both = requests !== null && tokens !== null ? ', ' : ''
  const policies = `${policyOf('requests', requests)}${both}${policyOf('tokens', tokens)}`
  const standings = `${standingOf('requests', requests)}${both}${standingOf('tokens', tokens)}`
  if (policies !== '') headers.push('ratelimit-policy', policies, 'ratelimit', standings)
}

type RateUnit = 'requests' | 'tokens'

const describeRate = (headers: string[], unit: RateUnit, { limit, remaining, resetSeconds }: RateFacts): void => {
  headers.push(`x-ratelimit-limit-${unit}`, `${limit}`)
  headers.push(`x-ratelimit-remaining-${unit}`, `${remaining}`)
  headers.push(`x-ratelimit-reset-${unit}`, `${resetSeconds}s`)
}

const policyOf = (unit: RateUnit, rate: RateFacts | null): string =>
  rate === null ? '' : `"${unit}";q=${rate.limit};w=${WINDOW_SECONDS}`

const standingOf = (unit: RateUnit, rate: RateFacts | null): string =>
  rate === null ? '' : `"${unit}";r=${rate.remaining};t=${rate.resetSeconds}`

/** What a refusal says of the limit that refused. */
export const describeRefusal = ({ metadata: { limit, retryAfterSeconds } }: AppError): OutgoingHttpHeaders => {
  const headers: string[] = []
  if (retryAfterSeconds !== undefined) headers.push('retry-after', `${retryAfterSeconds}`)
  switch (limit?.kind) {
    case 'budget':
      headers.push('x-budget-scope', limit.scope, 'x-budget-limit', limit.limit)
      headers.push('x-budget-remaining', limit.remaining ?? '0')
      if (limit.unit === 'tokens') headers.push('x-budget-unit', 'tokens')
      if (limit.resetsAt !== null) headers.push('x-budget-reset', limit.resetsAt)
      break
    case 'requests_per_minute':
      describeRates(headers, usedUp(limit.limit, retryAfterSeconds), null)
      break
    case 'tokens_per_minute':
      describeRates(headers, null, usedUp(limit.limit, retryAfterSeconds))
      break
    case 'concurrency':
    case undefined:
      break
  }
  return namedHeaders(headers)
}

const usedUp = (limit: string, resetSeconds = 1): RateFacts => ({
  limit: Number.parseInt(limit, 10),
  remaining: 0,
  resetSeconds,
})
