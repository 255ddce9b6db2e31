import type { Pusd } from './money.ts'

export type LimitScope = 'key' | 'member' | 'team' | 'organization'
export const LIMIT_SCOPES: readonly LimitScope[] = ['key', 'member', 'team', 'organization']

/** What a budget counts: money, or input and output tokens together. */
export type BudgetUnit = 'usd' | 'tokens'

/** Narrows a limit to the requests for one model, or to those that carry one tag; both null = every request of its level. */
export interface LimitFilter {
  readonly modelId: string | null
  readonly tag: string | null
}

export type BudgetPeriod = 'day' | 'week' | 'month' | 'total'

/** A budget as stored: money or tokens per period at one level. Versions only grow; editing never forgives spend. */
export interface Budget extends LimitFilter {
  readonly id: string
  readonly scope: LimitScope
  readonly scopeId: string
  readonly unit: BudgetUnit
  /** Zero when tokens are counted. */
  readonly limitPusd: Pusd
  /** Null when money is counted. */
  readonly limitTokens: bigint | null
  /** Percent of the limit at which people are told, once per period. */
  readonly softThresholds: readonly number[]
  readonly period: BudgetPeriod
  /** IANA zone in which the period's boundaries are midnight. */
  readonly timeZone: string
  readonly hard: boolean
  readonly version: number
}

/** Requests and tokens per minute and concurrent requests of one level; null = no such limit. */
export interface RateLimit extends LimitFilter {
  readonly id: string
  readonly scope: LimitScope
  readonly scopeId: string
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
  readonly concurrency: number | null
  readonly version: number
}

/** One budget in one period, as Redis counts it. */
export interface BudgetCounter {
  readonly budgetId: string
  /** From `periodIdOf`: part of the counter's key, so nothing is ever reset. */
  readonly periodId: string
  readonly unit: BudgetUnit
  /** Nano-USD, or tokens. */
  readonly limit: bigint
  readonly version: number
  readonly hard: boolean
}

/** `used` = settled spend, `held` = reserved for running requests; nano-USD, or tokens where the budget counts those. */
export interface BudgetState {
  readonly budgetId: string
  readonly periodId: string
  readonly unit: BudgetUnit
  readonly limit: bigint
  readonly used: bigint
  readonly held: bigint
}
