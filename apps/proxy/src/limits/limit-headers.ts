import type { OutgoingHttpHeaders } from 'node:http'
import type { AppError } from '@atpar/core/errors'
import { roomOf } from '@atpar/core/limit-arithmetic'
import type { Budget, BudgetState } from '@atpar/core/quota'
import type { RateState } from '@atpar/redis/quota'
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
export const describeStanding = ({ budgets, states, rates, atMs }: Standing): OutgoingHttpHeaders | null => {
  if (states.length === 0 && rates.length === 0) return null
  const headers: OutgoingHttpHeaders = {}
  const tightest = findTightest(budgets, states)
  if (tightest !== null) describeBudget(headers, { ...tightest, atMs })
  const requests = findLeast(rates, readRequests)
  const tokens = findLeast(rates, readTokens)
  if (requests !== null) describeRate(headers, 'requests', requests)
  if (tokens !== null) describeRate(headers, 'tokens', tokens)
  return headers
}

interface Tightest {
  readonly budget: Budget
  readonly state: BudgetState
}

/** The one with the smallest part left: money and tokens compare that way, and so do a key's dollar and an organization's thousand. */
const findTightest = (budgets: readonly Budget[], states: readonly BudgetState[]): Tightest | null => {
  let tightest: Tightest | null = null
  let smallest = Number.POSITIVE_INFINITY
  for (const [index, state] of states.entries()) {
    const budget = budgets[index]
    const part = Number(state.limit - state.used - state.held) / Math.max(1, Number(state.limit))
    if (budget === undefined || part >= smallest) continue
    smallest = part
    tightest = { budget, state }
  }
  return tightest
}

const describeBudget = (
  headers: OutgoingHttpHeaders,
  { budget, state, atMs }: Tightest & { readonly atMs: number },
): void => {
  headers['x-budget-scope'] = budget.scope
  headers['x-budget-limit'] = formatAmount(budget.unit, state.limit)
  headers['x-budget-remaining'] = formatAmount(budget.unit, roomOf(state))
  if (budget.unit === 'tokens') headers['x-budget-unit'] = 'tokens'
  const reset = resetsAt(budget, atMs)
  if (reset !== null) headers['x-budget-reset'] = reset
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
const describeRate = (headers: OutgoingHttpHeaders, unit: 'requests' | 'tokens', rate: RateFacts): void => {
  headers[`x-ratelimit-limit-${unit}`] = String(rate.limit)
  headers[`x-ratelimit-remaining-${unit}`] = String(rate.remaining)
  headers[`x-ratelimit-reset-${unit}`] = `${rate.resetSeconds}s`
  addToList(headers, 'ratelimit-policy', `"${unit}";q=${rate.limit};w=${WINDOW_SECONDS}`)
  addToList(headers, 'ratelimit', `"${unit}";r=${rate.remaining};t=${rate.resetSeconds}`)
}

const addToList = (headers: OutgoingHttpHeaders, name: string, item: string): void => {
  const list = headers[name]
  headers[name] = typeof list === 'string' ? `${list}, ${item}` : item
}

/** What a refusal says of the limit that refused. */
export const describeRefusal = ({ metadata: { limit, retryAfterSeconds } }: AppError): OutgoingHttpHeaders => {
  const headers: OutgoingHttpHeaders = {}
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds)
  if (limit === undefined) return headers
  switch (limit.kind) {
    case 'budget':
      headers['x-budget-scope'] = limit.scope
      headers['x-budget-limit'] = limit.limit
      headers['x-budget-remaining'] = limit.remaining ?? '0'
      if (limit.unit === 'tokens') headers['x-budget-unit'] = 'tokens'
      if (limit.resetsAt !== null) headers['x-budget-reset'] = limit.resetsAt
      break
    case 'requests_per_minute':
    case 'tokens_per_minute':
      describeRate(headers, limit.kind === 'requests_per_minute' ? 'requests' : 'tokens', {
        limit: Number.parseInt(limit.limit, 10),
        remaining: 0,
        resetSeconds: retryAfterSeconds ?? 1,
      })
      break
    case 'concurrency':
      break
  }
  return headers
}
