import { z } from 'zod'
import { DAY_MS } from '@atpar/core/durations'
import { FOCUS_COLUMNS, type FocusRow } from '@atpar/core/focus'
import { parseUsd } from '@atpar/core/money'
import { CHARGEBACK_SUBJECTS, isExportCursor, type ChargebackRow, type ExportedEvent } from '@atpar/db/usage-export'
import { exportFocusAct } from '../../acts/usage/export-focus.ts'
import { exportUsageAct, type UsageExportPage } from '../../acts/usage/export-usage.ts'
import { readChargebackAct } from '../../acts/usage/read-chargeback.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { day, id, instant, nullableId, pageOf, pageQuery, pusdText, toUsd, usd } from '../wire.ts'

const MAX_PAGE = 1_000

/** Rows of an export are small and many: longer pages than elsewhere. */
const exportPageQuery = {
  ...pageQuery,
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100).meta({ description: 'How many at most.' }),
}
const span = {
  from: day.meta({ description: 'The first UTC day.', example: '2026-11-01' }),
  to: day.meta({ description: 'The last UTC day, included.', example: '2026-11-30' }),
}
const spanInput = ({ from, to }: { readonly from: string; readonly to: string }) => ({
  fromMs: Date.parse(from),
  toMs: Date.parse(to) + DAY_MS,
})

const exportedEvent = z
  .strictObject({
    request_id: id,
    attempt: z.number().int(),
    kind: z.string().meta({ description: '`settle` for an attempt, otherwise a correction or refund of one.' }),
    seq: z.number().int(),
    started_at: instant,
    ended_at: instant,
    month_of_use: z.string(),
    month_of_invoice: z.string().nullable(),
    team_id: nullableId,
    team: z.string().nullable(),
    member_id: nullableId,
    member: z.string().nullable(),
    key_id: nullableId,
    key: z.string().nullable(),
    tags: z.string().meta({ description: 'With spaces between them.' }),
    endpoint: z.string().nullable(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    model_served: z.string().nullable(),
    outcome: z.string().nullable(),
    http_status: z.number().int().nullable(),
    paid_by: z.string().nullable(),
    price_book: z.number().int().nullable(),
    usage_source: z.string().nullable(),
    units: z
      .record(z.string(), z.number())
      .meta({ description: 'Tokens and other units by kind, each counted once; below zero where taken back.' }),
    cost_usd: usd.meta({ description: 'By the provider’s list price.' }),
    cost_pusd: pusdText,
    billed_usd: usd,
    billed_pusd: pusdText,
    absorbed_usd: usd.meta({ description: 'What the platform bore of the cost.' }),
    absorbed_pusd: pusdText,
    absorbed_reason: z.string().nullable(),
    cursor: z.string().meta({ description: 'For `cursor`, to go on behind this event.' }),
  })
  .meta({ id: 'ExportedEvent' })

const numberOrNull = (text: string | null): number | null => (text === null ? null : Number(text))

const showEvent = ({ fields, cursor }: ExportedEvent): z.input<typeof exportedEvent> => {
  const [cost, billed, absorbed] = [fields.cost_usd, fields.billed_usd, fields.absorbed_usd].map((text) =>
    parseUsd(text ?? '0'),
  )
  return {
    ...fields,
    request_id: fields.request_id ?? '',
    attempt: Number(fields.attempt),
    kind: fields.kind ?? '',
    seq: Number(fields.seq),
    started_at: fields.started_at ?? '',
    ended_at: fields.ended_at ?? '',
    month_of_use: fields.month_of_use ?? '',
    tags: fields.tags ?? '',
    http_status: numberOrNull(fields.http_status),
    price_book: numberOrNull(fields.price_book),
    units: JSON.parse(fields.units ?? '{}') as Record<string, number>,
    cost_usd: toUsd(cost ?? 0n),
    cost_pusd: (cost ?? 0n).toString(),
    billed_usd: toUsd(billed ?? 0n),
    billed_pusd: (billed ?? 0n).toString(),
    absorbed_usd: toUsd(absorbed ?? 0n),
    absorbed_pusd: (absorbed ?? 0n).toString(),
    cursor,
  }
}

const cost = z
  .strictObject({
    month: z.string().meta({ description: 'Month of use, `YYYY-MM`.' }),
    group_id: nullableId.meta({ description: 'Null for calls that have none, and for tags.' }),
    group: z.string().nullable(),
    provider: z.string(),
    model: z.string(),
    requests: z.number().int(),
    cost_usd: usd.meta({ description: 'By the provider’s list price.' }),
    cost_pusd: pusdText,
    billed_usd: usd,
    billed_pusd: pusdText,
  })
  .meta({ id: 'Cost' })

const showCost = (row: ChargebackRow): z.input<typeof cost> => ({
  month: row.month,
  group_id: row.subjectId,
  group: row.subject,
  provider: row.provider,
  model: row.model,
  requests: Number(row.requests),
  cost_usd: toUsd(row.costPusd),
  cost_pusd: row.costPusd.toString(),
  billed_usd: toUsd(row.billedPusd),
  billed_pusd: row.billedPusd.toString(),
})

/** By group and not by its name, which somebody may change between two pages; those without one last. */
const placeOfCost = (row: ChargebackRow): string =>
  [row.month, row.subjectId ?? row.subject ?? '\u{10FFFF}', row.model, row.provider].join(' ')

const focusRow = z
  .strictObject(
    Object.fromEntries(FOCUS_COLUMNS.map((column) => [column, z.string().nullable()])) as Record<
      (typeof FOCUS_COLUMNS)[number],
      z.ZodNullable<z.ZodString>
    >,
  )
  .meta({ id: 'FocusRow' })

interface NumberedRow {
  readonly position: number
  readonly row: FocusRow
}

export const USAGE_EXPORT_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/usage/events',
    operation: 'exportUsage',
    tag: 'Usage',
    summary: 'Export usage call by call',
    description:
      'Every call, correction and refund, oldest first. Each carries the cursor that goes on behind it, so an export that broke off misses and repeats nothing.',
    act: exportUsageAct,
    query: z.strictObject({
      ...exportPageQuery,
      ...span,
      cursor: exportPageQuery.cursor.refine(
        (text) => text === undefined || isExportCursor(text),
        'is no cursor of an event',
      ),
      key_id: id.optional(),
      member_id: id.optional(),
      team_id: id.optional(),
    }),
    status: 200,
    answer: pageOf(exportedEvent),
    toInput: ({ query }) => ({
      ...spanInput(query),
      after: query.cursor,
      limit: query.limit,
      keyId: query.key_id,
      memberId: query.member_id,
      teamId: query.team_id,
    }),
    toAnswer: ({ events, next }: UsageExportPage) => ({ data: events.map(showEvent), next_cursor: next }),
  }),
  defineRoute({
    method: 'GET',
    path: '/usage/costs',
    operation: 'readCosts',
    tag: 'Usage',
    summary: 'Read costs by team, member, key or tag',
    description:
      'What one department charges another by: month of use, model and provider told apart. A call with several tags counts at each of them, so the sum over tags is no total.',
    act: readChargebackAct,
    query: z.strictObject({
      ...exportPageQuery,
      ...span,
      by: z.enum(CHARGEBACK_SUBJECTS),
      member_id: id.optional(),
      team_id: id.optional(),
    }),
    status: 200,
    answer: pageOf(cost),
    toInput: ({ query }) => ({
      ...spanInput(query),
      by: query.by,
      memberId: query.member_id,
      teamId: query.team_id,
    }),
    toAnswer: (rows, { query }) => pageOfAll(rows, { query, placeOf: placeOfCost, show: showCost }),
  }),
  defineRoute({
    method: 'GET',
    path: '/usage/focus',
    operation: 'exportFocus',
    tag: 'Usage',
    summary: 'Export one day in the columns of FOCUS 1.2',
    description: 'For the tools of finance departments. Amounts are exact decimal dollars as text.',
    act: exportFocusAct,
    query: z.strictObject({
      ...exportPageQuery,
      day: day.meta({ description: 'A UTC day.', example: '2026-11-01' }),
      member_id: id.optional(),
      team_id: id.optional(),
    }),
    status: 200,
    answer: pageOf(focusRow),
    toInput: ({ query }) => ({ day: query.day, memberId: query.member_id, teamId: query.team_id }),
    // FOCUS has no key of a row; the order of a day is always the same.
    toAnswer: (rows: readonly FocusRow[], { query }) =>
      pageOfAll(
        rows.map((row, position): NumberedRow => ({ position, row })),
        { query, placeOf: ({ position }) => position.toString().padStart(8, '0'), show: ({ row }) => row },
      ),
  }),
]
