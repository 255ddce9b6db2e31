import { nanoUsd, type NanoUsd } from '@atpar/core/money'
import type { BudgetCounter } from '@atpar/core/quota'
import type { Redis } from './client.ts'
import { runQuotaOperations, type ScriptReply } from './quota-script.ts'

/** An organization's quota data as it lies in Redis, valid or not. */
export interface Survey {
  /** '' when there is none. */
  readonly epoch: string
  readonly holds: readonly SurveyedHold[]
  readonly counters: readonly SurveyedCounter[]
}

export interface SurveyedHold {
  readonly holdId: string
  readonly bootId: string
  readonly amount: NanoUsd
  readonly deadlineMs: number
  readonly tokens: string
  readonly counterKeys: readonly string[]
  readonly rates: string
  readonly payload: string
}

export interface SurveyedCounter {
  readonly counter: BudgetCounter
  readonly used: NanoUsd
  readonly held: NanoUsd
}

const rows = (reply: ScriptReply | undefined): readonly (readonly string[])[] => {
  if (!Array.isArray(reply)) throw new TypeError('quota.lua replied no list to a survey')
  return reply as readonly (readonly string[])[]
}

export const takeSurvey = async (redis: Redis, orgId: string): Promise<Survey> => {
  const [reply] = (await runQuotaOperations(redis, orgId, { stamp: '', operations: ['v'] })) as readonly ScriptReply[]
  const [epoch, holds, counters] = reply as readonly [string, ScriptReply, ScriptReply]
  return {
    epoch,
    holds: rows(holds).map(([holdId = '', bootId = '', amount = '0', deadline = '0', tokens = '0', counterKeys = '', rates = '', payload = '']) => ({
      holdId,
      bootId,
      amount: nanoUsd(BigInt(amount)),
      deadlineMs: Number(deadline),
      tokens,
      counterKeys: counterKeys === '' ? [] : counterKeys.split(' '),
      rates,
      payload,
    })),
    counters: rows(counters).map(([key = '', limit = '0', used = '0', held = '0', version = '0', hard = '1']) => {
      const colon = key.indexOf(':')
      return {
        counter: { budgetId: key.slice(0, colon), periodId: key.slice(colon + 1), limit: nanoUsd(BigInt(limit)), version: Number(version), hard: hard === '1' },
        used: nanoUsd(BigInt(used)),
        held: nanoUsd(BigInt(held)),
      }
    }),
  }
}
