import { z } from 'zod'
import { HOUR_MS } from '@atpar/core/durations'
import { USAGE_STEPS, USAGE_SUBJECTS, type UsagePoint } from '@atpar/db/usage-series'
import { readUsageAct } from '../../acts/usage/read-usage.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { id, instant, pageOf, pageQuery, pusdText, toInstant, toUsd, usd } from '../wire.ts'

const point = z
  .strictObject({
    start: instant.meta({ description: 'Start of the UTC hour or day; of the whole span when `step` is total.' }),
    group: z.string().nullable().meta({ description: 'The model, provider or id; null where there is none.' }),
    name: z.string().nullable(),
    requests: z.number().int(),
    failures: z.number().int(),
    units: z
      .record(z.string(), z.string().regex(/^\d+$/))
      .meta({ description: 'Tokens and other units by kind, each counted once; integers as text.' }),
    cost_usd: usd.meta({ description: 'By the provider’s list price.' }),
    cost_pusd: pusdText,
    billed_usd: usd,
    billed_pusd: pusdText,
  })
  .meta({ id: 'UsagePoint' })

const show = (row: UsagePoint) => ({
  start: toInstant(row.startMs),
  group: row.group,
  name: row.name,
  requests: row.requests,
  failures: row.failures,
  units: Object.fromEntries(Object.entries(row.units).map(([bucket, count]) => [bucket, count.toString()])),
  cost_usd: toUsd(row.costPusd),
  cost_pusd: row.costPusd.toString(),
  billed_usd: toUsd(row.billedPusd),
  billed_pusd: row.billedPusd.toString(),
})

const hour = z.iso
  .datetime({ offset: true })
  .refine((text) => Date.parse(text) % HOUR_MS === 0, 'must be a whole UTC hour')
  .meta({ description: 'RFC 3339, on a whole UTC hour.', example: '2026-11-01T00:00:00Z' })

/** Fixed width, so that places sort as their times do. */
const placeOf = (row: UsagePoint): string => `${toInstant(row.startMs)} ${row.group ?? '\u{10FFFF}'}`

export const USAGE_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/usage',
    operation: 'readUsage',
    tag: 'Usage',
    summary: 'Read usage',
    description:
      'The figures the invoice is made of, by hour, day or in total, told apart by model, provider, team, member or key. What was not used is absent.',
    act: readUsageAct,
    query: z.strictObject({
      ...pageQuery,
      from: hour,
      to: hour.meta({ description: 'Exclusive; RFC 3339, on a whole UTC hour.', example: '2026-12-01T00:00:00Z' }),
      step: z.enum(USAGE_STEPS).default('day'),
      group_by: z.enum(USAGE_SUBJECTS).optional(),
      model: z.string().max(200).optional(),
      key_id: id.optional(),
      member_id: id.optional(),
      team_id: id.optional(),
    }),
    status: 200,
    answer: pageOf(point),
    toInput: ({ query }) => ({
      fromMs: Date.parse(query.from),
      toMs: Date.parse(query.to),
      step: query.step,
      groupBy: query.group_by ?? null,
      modelId: query.model,
      keyId: query.key_id,
      memberId: query.member_id,
      teamId: query.team_id,
    }),
    toAnswer: (points, { query }) => pageOfAll(points, { query, placeOf, show }),
  }),
]
