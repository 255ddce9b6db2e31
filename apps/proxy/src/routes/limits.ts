import type { Caller } from '@atpar/core/caller'
import { AppError } from '@atpar/core/errors'
import { dearestCost } from '@atpar/core/hold-arithmetic'
import type { JsonObject } from '@atpar/core/json'
import { counterOf, limitsOn } from '@atpar/core/limit-arithmetic'
import { formatUsd } from '@atpar/core/money'
import type { RequestFacts } from '@atpar/dialects/contract'
import { describeLimit } from '@atpar/dialects/error-metadata'
import { identify } from '../call/authenticate.ts'
import { chooseRoute } from '../call/choose-route.ts'
import { sizeUp } from '../holds/size-up.ts'
import type { Model } from '@atpar/core/snapshot'
import { TASKS } from '@atpar/core/task'
import type { Deps } from '../deps.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import { joinTags, readTags } from '../http/tags.ts'
import { budgetsOn } from '../limits/counted-budgets.ts'
import { describeLimits } from '../limits/describe-limits.ts'
import { foresee, type Obstacle } from '../limits/explain.ts'
import type { RouteRequest } from './infer.ts'

const JSON_HEADERS = { 'content-type': 'application/json' }

/** `GET /v1/limits`: every limit on this key's way up, what is used, held and left of it, and when it resets. */
export const listLimits = async (deps: Deps, { request, reply, startedAtMs }: RouteRequest): Promise<void> => {
  const caller = await identify(deps, { keyText: readKeyText(request.headers), peer: peerOf(request) })
  const data = await describeLimits(deps, caller, startedAtMs)
  reply.sendWhole(200, JSON_HEADERS, JSON.stringify({ object: 'list', data }))
}

/** `GET /v1/limits/explain?model=…&max_tokens=…&input_tokens=…`: what would block the next such call, or nothing. */
export const explainLimits = async (deps: Deps, route: RouteRequest): Promise<void> => {
  const { request, reply } = route
  const caller = await identify(deps, { keyText: readKeyText(request.headers), peer: peerOf(request) })
  const query = readQuery(request.url ?? '')
  const tags = joinTags(caller.labels, readTags(request.headers))
  const body = await explain(deps, caller, { ...query, tags, atMs: route.startedAtMs }).catch((error: unknown) => {
    // What stands in the way whatever the limits say: a model this key may not use, an unpaid invoice.
    if (error instanceof AppError && error.code !== 'quota_unavailable' && error.code !== 'unknown_model')
      return describeProspect(query.facts.model, { error, missing: null, frees: 'when_raised' })
    throw error
  })
  reply.sendWhole(200, JSON_HEADERS, JSON.stringify(body))
}

/** A short question, when the caller does not say how long its own is. */
const USUAL_INPUT_TOKENS = 200

const readQuery = (url: string): { readonly facts: RequestFacts } => {
  const parameters = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')
  const model = parameters.get('model')
  if (model === null || model === '')
    throw new AppError('invalid_request', {
      param: 'model',
      message: 'Name the model: /v1/limits/explain?model=gpt-4o&max_tokens=500',
    })
  return {
    facts: {
      model,
      stream: parameters.get('stream') === 'true',
      wantsUsage: false,
      maxOutputTokens: readCount(parameters, 'max_tokens'),
      choices: 1,
      textBytes: readCount(parameters, 'input_tokens') ?? USUAL_INPUT_TOKENS,
      mediaTokens: 0,
      reasoningTokens: null,
      sessionKey: null,
      usesTools: false,
    },
  }
}

const readCount = (parameters: URLSearchParams, name: string): number | null => {
  const text = parameters.get(name)
  if (text === null || text === '') return null
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new AppError('invalid_request', { param: name, message: `${name} must be a whole number from 1.` })
  return Number(text)
}

interface Question {
  readonly facts: RequestFacts
  readonly tags: readonly string[]
  readonly atMs: number
}

const explain = async (deps: Deps, caller: Caller, { facts: asked, tags, atMs }: Question): Promise<JsonObject> => {
  if (caller.orgStatus !== 'active') throw new AppError('billing_suspended')
  const plan = await chooseRoute(deps, caller, {
    snapshot: deps.feed.current(),
    json: {},
    facts: asked,
    tasks: TASKS,
  })
  const facts = writesText(plan.model) ? asked : { ...asked, maxOutputTokens: 0 }
  const counted = { modelId: plan.model.id, tags }
  const budgets = budgetsOn(caller, plan.candidates, counted)
  const size = sizeUp(deps, { caller, plan, call: { facts }, isHard: budgets.some((budget) => budget.hard) })
  const counters = budgets.map((budget) => counterOf(budget, atMs))
  const [states, rates] = await Promise.all([
    deps.quota.readStates(caller.orgId, counters),
    deps.quota.readRates(caller.orgId, limitsOn(caller.rateLimits, counted)),
  ])
  if (states === null || rates === null) throw new AppError('quota_unavailable', { metadata: { retryAfterSeconds: 2 } })
  const { obstacle, outputLimit } = foresee({
    candidates: plan.candidates,
    size,
    budgets,
    counters,
    states,
    rates,
    atMs,
  })
  return {
    ...describeProspect(plan.model.id, obstacle),
    needs: {
      usd: formatUsd(dearestCost(plan.candidates, size.expected)),
      input_tokens: size.expected.inputTokens,
      output_tokens: size.expected.outputTokens,
    },
    output_limit: outputLimit,
  }
}

/** What makes vectors, scores or pictures makes no text that a limit could be for. */
const writesText = ({ task }: Model): boolean => task === 'chat' || task === 'completion'

type Described = Omit<Obstacle, 'missing'> & { readonly missing: string | null }

const describeProspect = (model: string, obstacle: Described | null): JsonObject => ({
  object: 'limits.explanation',
  model,
  blocked: obstacle !== null,
  blocked_by: obstacle === null ? null : describeObstacle(obstacle),
})

const describeObstacle = ({ error, missing, frees }: Described): JsonObject => {
  const { limit, retryAfterSeconds } = error.metadata
  return {
    code: error.code,
    message: error.message,
    limit: limit === undefined ? null : describeLimit(limit),
    missing,
    frees,
    frees_at: frees === 'in_time' ? (limit?.resetsAt ?? null) : null,
    retry_after: retryAfterSeconds ?? null,
    ask: limit?.raisedBy ?? null,
  }
}
