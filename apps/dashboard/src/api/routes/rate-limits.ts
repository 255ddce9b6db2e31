import { z } from 'zod'
import type { RateLimit } from '@atpar/core/quota'
import { listRateLimitsAct } from '../../acts/limits/list-rate-limits.ts'
import { removeRateLimitAct } from '../../acts/limits/remove-rate-limit.ts'
import { setRateLimitAct } from '../../acts/limits/set-rate-limit.ts'
import type { RatePart, RateView } from '../../limits/limit-state.ts'
import { defineRoute } from '../define-route.ts'
import { pageOfAll } from '../page.ts'
import { id, pageOf, pageQuery } from '../wire.ts'
import { newRateLimit, scope, toRateInput } from './limit-words.ts'

const ceiling = z.number().int().nullable()
const used = z.number().nullable().meta({ description: 'Null where there is no such limit.' })

const fields = {
  rate_limit_id: id,
  scope,
  scope_id: id,
  requests_per_minute: ceiling,
  tokens_per_minute: ceiling,
  concurrency: ceiling,
  model: z.string().nullable(),
  tag: z.string().nullable(),
}
const rateLimit = z.strictObject(fields).meta({ id: 'RateLimit' })
const rateLimitState = z
  .strictObject({
    ...fields,
    requests_used: used,
    tokens_used: used,
    concurrent: used,
    is_live: z.boolean().meta({ description: 'Without it nobody knows how much of the minute is used.' }),
  })
  .meta({ id: 'RateLimitState' })

const show = (limit: RateLimit) => ({
  rate_limit_id: limit.id,
  scope: limit.scope,
  scope_id: limit.scopeId,
  requests_per_minute: limit.requestsPerMinute,
  tokens_per_minute: limit.tokensPerMinute,
  concurrency: limit.concurrency,
  model: limit.modelId,
  tag: limit.tag,
})

const usedOf = (part: RatePart | null): number | null => part?.used ?? null

const showState = (view: RateView) => ({
  ...show(view.limit),
  requests_used: usedOf(view.requests),
  tokens_used: usedOf(view.tokens),
  concurrent: usedOf(view.concurrent),
  is_live: view.isLive,
})

export const RATE_LIMIT_ROUTES = [
  defineRoute({
    method: 'GET',
    path: '/rate-limits',
    operation: 'listRateLimits',
    tag: 'Rate limits',
    summary: 'List rate limits',
    description: 'Each with how much of the minute is used.',
    act: listRateLimitsAct,
    query: z.strictObject({ ...pageQuery, scope: scope.optional(), scope_id: id.optional() }),
    status: 200,
    answer: pageOf(rateLimitState),
    toInput: ({ query }) => ({ scope: query.scope, scopeId: query.scope_id }),
    toAnswer: ({ rateLimits }, { query }) =>
      pageOfAll(rateLimits, { query, placeOf: (view) => view.limit.id, show: showState }),
  }),
  defineRoute({
    method: 'POST',
    path: '/rate-limits',
    operation: 'setRateLimit',
    tag: 'Rate limits',
    summary: 'Set a rate limit',
    description: 'Requests and tokens per minute and concurrent requests of a level. Replaces all three.',
    act: setRateLimitAct,
    body: newRateLimit.extend({ scope, scope_id: id }),
    status: 200,
    answer: rateLimit,
    toInput: ({ body }) => ({ ...toRateInput(body), scope: body.scope, scopeId: body.scope_id }),
    toAnswer: show,
  }),
  defineRoute({
    method: 'DELETE',
    path: '/rate-limits/{rate_limit_id}',
    operation: 'removeRateLimit',
    tag: 'Rate limits',
    summary: 'Remove a rate limit',
    description: 'Those above it still bind.',
    act: removeRateLimitAct,
    status: 204,
    toInput: ({ params }) => ({ rateLimitId: params['rate_limit_id'] }),
  }),
]
