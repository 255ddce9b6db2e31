import { z } from 'zod'
import { parseUsd, pusd } from '@atpar/core/money'
import { periodIdOf } from '@atpar/core/period'
import type { BudgetUnit, LIMIT_SCOPES } from '@atpar/core/quota'
import { DEFAULT_SOFT_THRESHOLDS, type BudgetChange } from '@atpar/db/budgets'

/** Redis counts nano-USD as doubles, exact up to $9 million (packages/redis/src/quota.lua). */
const MAX_USD = parseUsd('9000000')
const MAX_TOKENS = 9_000_000_000_000_000n

const isTimeZone = (name: string): boolean => {
  try {
    periodIdOf('day', name, 0)
    return true
  } catch {
    return false
  }
}

export const limitScope = z.enum(['key', 'member', 'team', 'organization'] satisfies typeof LIMIT_SCOPES)

/** Whose the limit is; for the organization its own id. */
export const limitHolder = { scope: limitScope, scopeId: z.uuid() }

/** A tag as requests carry it, and a label, which is a tag that a key gives to all of its requests. */
export const tag = z.string().regex(/^[\w.:-]{1,64}$/, 'A tag has 1 to 64 letters, digits, ".", ":", "_" or "-".')

/** Decimal dollars ("12.50"), or a whole number of tokens, whichever the unit says. */
const amount = z
  .string()
  .trim()
  .regex(/^\d{1,16}(\.\d{1,9})?$/, 'Enter an amount like 12.50 dollars or 2000000 tokens.')

const thresholds = z
  .array(z.int().min(1).max(1000))
  .max(5)
  .transform((list) => [...new Set(list)].toSorted((a, b) => a - b))

/** @throws z.ZodError's issue when the amount does not fit its unit. */
export const readAmount = (
  text: string,
  unit: BudgetUnit,
): Required<Pick<BudgetChange, 'limitPusd' | 'limitTokens'>> | null => {
  if (unit === 'usd') {
    // Asked also of a text that the field's own check refused already, and of more digits than dollars can have.
    if (!/^\d{1,15}(\.\d{1,9})?$/.test(text)) return null
    const limitPusd = parseUsd(text)
    return limitPusd > MAX_USD ? null : { limitPusd, limitTokens: null }
  }
  if (!/^\d+$/.test(text) || BigInt(text) > MAX_TOKENS) return null
  return { limitPusd: pusd(0n), limitTokens: BigInt(text) }
}

export const TOO_LARGE = 'Enter at most 9,000,000 dollars, or a whole number of at most 9,000,000,000,000,000 tokens.'

export const newBudget = z
  .strictObject({
    period: z.enum(['day', 'week', 'month', 'total']),
    unit: z.enum(['usd', 'tokens']).default('usd'),
    limit: amount,
    /** Hard refuses; soft only tells. */
    hard: z.boolean().default(true),
    timeZone: z.string().max(64).refine(isTimeZone, 'Enter a time zone like Europe/Paris.').optional(),
    modelId: z.string().min(1).max(200).nullable().default(null),
    tag: tag.nullable().default(null),
    softThresholds: thresholds.default([...DEFAULT_SOFT_THRESHOLDS]),
  })
  .refine((budget) => budget.modelId === null || budget.tag === null, {
    path: ['tag'],
    message: 'Choose a model or a tag: a budget counts one of either.',
  })
  .refine((budget) => readAmount(budget.limit, budget.unit) !== null, { path: ['limit'], message: TOO_LARGE })

export type NewBudgetInput = z.output<typeof newBudget>

export const budgetChange = {
  limit: amount.optional(),
  hard: z.boolean().optional(),
  softThresholds: thresholds.optional(),
}

const ceiling = z.int().min(1).max(1_000_000_000).nullable()

/** Null = no such limit. */
export const rateCeilings = {
  requestsPerMinute: ceiling.default(null),
  tokensPerMinute: ceiling.default(null),
  concurrency: ceiling.default(null),
}
