import { z } from 'zod'
import type { RequestSummary, StoredEvent } from '@atpar/db/requests'
import { listRequestsAct } from '../../acts/requests/list-requests.ts'
import { readRequestAct } from '../../acts/requests/read-request.ts'
import { defineRoute } from '../define-route.ts'
import { cutPage, decodeCursor } from '../page.ts'
import {
  anyJson,
  day,
  id,
  instant,
  nullableId,
  pageOf,
  pageQuery,
  pusdText,
  toInstant,
  toInstantOrNull,
  toUsd,
  usd,
} from '../wire.ts'

const units = z
  .record(z.string(), z.number().int())
  .meta({ description: 'Tokens and other units by kind, each counted once.' })

const request = z
  .strictObject({
    request_id: id,
    started_at: instant,
    duration_ms: z.number().int(),
    first_byte_ms: z.number().int().nullable(),
    endpoint: z.string(),
    streamed: z.boolean(),
    provider: z.string(),
    model_requested: z.string(),
    model: z.string(),
    key_id: id,
    key_name: z.string().nullable(),
    member_id: nullableId,
    team_id: nullableId,
    outcome: z.string(),
    http_status: z.number().int(),
    error_code: z.string().nullable(),
    attempts: z.number().int(),
    units,
    billed_usd: usd,
    billed_pusd: pusdText,
  })
  .meta({ id: 'Request' })

const event = z
  .strictObject({
    attempt: z.number().int(),
    kind: z.string().meta({ description: '`settle` for an attempt, otherwise a correction or refund of one.' }),
    provider: z.string(),
    offering: z.string(),
    model_served: z.string().nullable(),
    funding: z.string(),
    started_at: instant,
    first_byte_at: instant.nullable(),
    ended_at: instant,
    billing_period: day,
    price_book: z.number().int().meta({ description: 'The dated list prices it was billed by.' }),
    units,
    outcome: z.string(),
    is_final: z.boolean().meta({ description: 'Its answer is the one the caller got.' }),
    http_status: z.number().int(),
    error_code: z.string().nullable(),
    cost_usd: usd,
    cost_pusd: pusdText,
    billed_usd: usd,
    billed_pusd: pusdText,
    trail: z.array(anyJson).meta({ description: 'Why it was routed this way, step by step.' }),
  })
  .meta({ id: 'RequestEvent' })

const requestDetail = z
  .strictObject({
    request_id: id,
    key_id: id,
    member_id: nullableId,
    team_id: nullableId,
    endpoint: z.string(),
    streamed: z.boolean(),
    model_requested: z.string(),
    events: z.array(event),
  })
  .meta({ id: 'RequestDetail' })

const showRequest = (row: RequestSummary) => ({
  request_id: row.requestId,
  started_at: toInstant(row.startedAtMs),
  duration_ms: row.durationMs,
  first_byte_ms: row.firstByteMs,
  endpoint: row.endpoint,
  streamed: row.streamed,
  provider: row.provider,
  model_requested: row.modelRequested,
  model: row.modelId,
  key_id: row.keyId,
  key_name: row.keyName,
  member_id: row.memberId,
  team_id: row.teamId,
  outcome: row.outcome,
  http_status: row.httpStatus,
  error_code: row.errorCode,
  attempts: row.attempts,
  units: row.units as Record<string, number>,
  billed_usd: toUsd(row.billedPusd),
  billed_pusd: row.billedPusd.toString(),
})

const showEvent = (row: StoredEvent) => ({
  attempt: row.attempt,
  kind: row.kind,
  provider: row.provider,
  offering: row.offeringId,
  model_served: row.modelServed,
  funding: row.funding,
  started_at: toInstant(row.startedAtMs),
  first_byte_at: toInstantOrNull(row.firstByteAtMs),
  ended_at: toInstant(row.endedAtMs),
  billing_period: row.billingPeriod,
  price_book: row.priceBookId,
  units: row.units as Record<string, number>,
  outcome: row.outcome,
  is_final: row.isFinal,
  http_status: row.httpStatus,
  error_code: row.errorCode,
  cost_usd: toUsd(row.costPusd),
  cost_pusd: row.costPusd.toString(),
  billed_usd: toUsd(row.billedPusd),
  billed_pusd: row.billedPusd.toString(),
  trail: [...row.trail],
})

const showDetail = (events: readonly StoredEvent[]): z.input<typeof requestDetail> => {
  const [first] = events
  // The act answers not found for a request without events.
  if (first === undefined) throw new TypeError('A request without events')
  return {
    request_id: first.requestId,
    key_id: first.keyId,
    member_id: first.memberId,
    team_id: first.teamId,
    endpoint: first.endpoint,
    streamed: first.streamed,
    model_requested: first.modelRequested,
    events: events.map(showEvent),
  }
}

export const REQUEST_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/requests',
    operation: 'listRequests',
    tag: 'Requests',
    summary: 'List requests',
    description: 'Newest first: what was called, what came of it and what it cost. Never a prompt or an answer.',
    act: listRequestsAct,
    query: z.strictObject({
      ...pageQuery,
      model: z.string().max(200).optional(),
      provider: z.string().max(200).optional(),
      key_id: id.optional(),
      member_id: id.optional(),
      team_id: id.optional(),
      result: z.enum(['ok', 'failed']).optional(),
    }),
    status: 200,
    answer: pageOf(request),
    toInput: ({ query }) => ({
      limit: query.limit + 1,
      before: decodeCursor(query.cursor),
      modelId: query.model,
      provider: query.provider,
      keyId: query.key_id,
      memberId: query.member_id,
      teamId: query.team_id,
      result: query.result,
    }),
    toAnswer: (rows, { query }) =>
      cutPage(rows, { limit: query.limit, placeOf: (row) => row.requestId, show: showRequest }),
  }),
  defineRoute({
    method: 'GET',
    path: '/requests/{request_id}',
    operation: 'readRequest',
    tag: 'Requests',
    summary: 'Read a request',
    description: 'Each attempt with its units, its price and why it was routed as it was.',
    act: readRequestAct,
    status: 200,
    answer: requestDetail,
    toInput: ({ params }) => ({ requestId: params['request_id'] }),
    toAnswer: showDetail,
  }),
]
