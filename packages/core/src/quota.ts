import type { NanoUsd, Pusd } from './money.ts'

export type LimitScope = 'key' | 'member' | 'team' | 'organization'
export const LIMIT_SCOPES: readonly LimitScope[] = ['key', 'member', 'team', 'organization']

export type BudgetPeriod = 'day' | 'week' | 'month' | 'total'

/** A budget as stored: money per period at one level. Versions only grow; editing never forgives spend. */
export interface Budget {
  readonly id: string
  readonly scope: LimitScope
  readonly scopeId: string
  readonly limitPusd: Pusd
  readonly period: BudgetPeriod
  /** IANA zone in which the period's boundaries are midnight. */
  readonly timeZone: string
  readonly hard: boolean
  readonly version: number
}

/** Requests and tokens per minute and concurrent requests of one level; null = no such limit. */
export interface RateLimit {
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
  readonly limit: NanoUsd
  readonly version: number
  readonly hard: boolean
}

/** `used` = settled spend, `held` = reserved for running requests. */
export interface BudgetState {
  readonly budgetId: string
  readonly periodId: string
  readonly limit: NanoUsd
  readonly used: NanoUsd
  readonly held: NanoUsd
}
