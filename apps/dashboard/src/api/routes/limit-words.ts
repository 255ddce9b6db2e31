import { z } from 'zod'
import type { LIMIT_SCOPES } from '@atpar/core/quota'

export const scope = z
  .enum(['key', 'member', 'team', 'organization'] satisfies typeof LIMIT_SCOPES)
  .meta({ description: 'What the limit is of.' })

const only = {
  model: z.string().max(200).nullable().optional().meta({ description: 'Counts this model only.' }),
  tag: z.string().max(64).nullable().optional().meta({ description: 'Counts requests with this tag only.' }),
}

export const limitAmount = z
  .string()
  .max(30)
  .meta({ description: 'Dollars, or a whole number of tokens, as a decimal string.', example: '25.00' })

const budgetFields = {
  period: z.enum(['day', 'week', 'month', 'total']),
  unit: z.enum(['usd', 'tokens']).optional(),
  limit: limitAmount,
  hard: z.boolean().optional().meta({ description: 'A hard budget refuses, a soft one only tells.' }),
  time_zone: z.string().max(64).optional().meta({ description: 'IANA zone in which the period begins at midnight.' }),
  soft_thresholds: z.array(z.number().int().min(1).max(1000)).max(5).optional().meta({ description: 'Percent.' }),
  ...only,
}
export const newBudget = z.strictObject(budgetFields)

const rateFields = {
  requests_per_minute: z.number().int().min(1).max(1_000_000_000).nullable().optional(),
  tokens_per_minute: z.number().int().min(1).max(1_000_000_000).nullable().optional(),
  concurrency: z.number().int().min(1).max(1_000_000_000).nullable().optional(),
  ...only,
}
export const newRateLimit = z.strictObject(rateFields)

export const toBudgetInput = (body: z.output<typeof newBudget>) => ({
  period: body.period,
  unit: body.unit,
  limit: body.limit,
  hard: body.hard,
  timeZone: body.time_zone,
  softThresholds: body.soft_thresholds,
  modelId: body.model,
  tag: body.tag,
})

export const toRateInput = (body: z.output<typeof newRateLimit>) => ({
  requestsPerMinute: body.requests_per_minute,
  tokensPerMinute: body.tokens_per_minute,
  concurrency: body.concurrency,
  modelId: body.model,
  tag: body.tag,
})
