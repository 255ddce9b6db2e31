import { nanoUsd, type NanoUsd } from '@atpar/core/money'
import type { BudgetCounter } from '@atpar/core/quota'
import type { Redis } from './client.ts'
import type { LeaseSize } from './lease-message.ts'
import { runQuotaOperations, type ScriptReply } from './quota-script.ts'

/** An organization's quota data as it lies in Redis at one instant, valid or not. */
export interface Survey {
  /** '' when there is none. */
  readonly epoch: string
  /** Open holds, suspended ones included. */
  readonly holds: readonly SurveyedHold[]
  readonly counters: readonly SurveyedCounter[]
  readonly leases: readonly SurveyedLease[]
  /** Given back within the last quarter of an hour. */
  readonly returned: readonly ReturnedLease[]
  /** Counted, and not yet known to be in Postgres: the oldest 10,000. */
  readonly settled: readonly SurveyedSettle[]
}

export interface SurveyedHold {
  readonly holdId: string
  readonly bootId: string
  readonly amount: NanoUsd
  readonly tokens: number
  readonly deadlineMs: number
  readonly rateTokens: string
  readonly counterKeys: readonly string[]
  readonly rates: string
  readonly payload: string
}

export interface SurveyedLease {
  readonly leaseId: string
  readonly bootId: string
  readonly keep: LeaseSize
  readonly consumed: LeaseSize
  readonly revision: number
  readonly counterKeys: readonly string[]
  readonly rates: string
}

export interface ReturnedLease {
  readonly leaseId: string
  readonly consumed: LeaseSize
  readonly counterKeys: readonly string[]
}

export interface SurveyedCounter {
  readonly counter: BudgetCounter
  readonly used: bigint
  readonly held: bigint
}

export interface SurveyedSettle {
  readonly holdId: string
  readonly used: NanoUsd
  readonly tokens: number
  readonly counterKeys: readonly string[]
}

export const MAX_SURVEYED_SETTLES = 10_000

type Row = readonly string[]

const splitKeys = (list: string): readonly string[] => (list === '' ? [] : list.split(' '))

const readHold = ([
  holdId = '',
  bootId = '',
  amount = '0',
  deadline = '0',
  rateTokens = '0',
  tokens = '0',
  counterKeys = '',
  rates = '',
  payload = '',
]: Row): SurveyedHold => ({
  holdId,
  bootId,
  amount: nanoUsd(BigInt(amount)),
  deadlineMs: Number(deadline),
  tokens: Number(tokens),
  rateTokens,
  counterKeys: splitKeys(counterKeys),
  rates,
  payload,
})

const readCounter = ([
  key = '',
  limit = '0',
  used = '0',
  held = '0',
  version = '0',
  hard = '1',
  unit = 'usd',
]: Row): SurveyedCounter => {
  const colon = key.indexOf(':')
  return {
    counter: {
      budgetId: key.slice(0, colon),
      periodId: key.slice(colon + 1),
      unit: unit === 'tokens' ? 'tokens' : 'usd',
      limit: BigInt(limit),
      version: Number(version),
      hard: hard === '1',
    },
    used: BigInt(used),
    held: BigInt(held),
  }
}

const readSettle = ([holdId = '', _event = '', used = '0', counterKeys = '', tokens = '0']: Row): SurveyedSettle => ({
  holdId,
  used: nanoUsd(BigInt(used)),
  tokens: Number(tokens),
  counterKeys: splitKeys(counterKeys),
})

const readSize = (amount: string, tokens: string, requests: string): LeaseSize => ({
  amount: nanoUsd(BigInt(amount)),
  tokens: Number(tokens),
  requests: Number(requests),
})

const readLease = ([
  leaseId = '',
  bootId = '',
  amount = '0',
  tokens = '0',
  requests = '0',
  consumedAmount = '0',
  consumedTokens = '0',
  consumedRequests = '0',
  revision = '0',
  counterKeys = '',
  rates = '',
]: Row): SurveyedLease => ({
  leaseId,
  bootId,
  keep: readSize(amount, tokens, requests),
  consumed: readSize(consumedAmount, consumedTokens, consumedRequests),
  revision: Number(revision),
  counterKeys: splitKeys(counterKeys),
  rates,
})

const readReturned = ([leaseId = '', amount = '0', tokens = '0', counterKeys = '']: Row): ReturnedLease => ({
  leaseId,
  consumed: readSize(amount, tokens, '0'),
  counterKeys: splitKeys(counterKeys),
})

export const takeSurvey = async (redis: Redis, orgId: string): Promise<Survey> => {
  const replies = await runQuotaOperations(redis, orgId, {
    stamp: '',
    operations: ['v', 'l', '+inf', String(MAX_SURVEYED_SETTLES)],
  })
  const [[epoch, holds, counters, leases, returned], settled] = replies as unknown as readonly [
    readonly [string, readonly Row[], readonly Row[], readonly Row[], readonly Row[]],
    readonly Row[] & readonly ScriptReply[],
  ]
  return {
    epoch,
    holds: holds.map(readHold),
    counters: counters.map(readCounter),
    leases: leases.map(readLease),
    returned: returned.map(readReturned),
    settled: settled.map(readSettle),
  }
}
