import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@atpar/core/errors'
import { isUuid, msOfUuidV7 } from '@atpar/core/ids'
import { exactNumber, type JsonObject, type JsonValue } from '@atpar/core/json'
import { formatUsd, pusd, type Pusd } from '@atpar/core/money'
import type { TrailStep } from '@atpar/core/usage-event'
import type { UsageUnits } from '@atpar/core/usage'
import type { GenerationEvent } from '@atpar/db/generations'
import { identify } from '../call/authenticate.ts'
import type { Deps } from '../deps.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import { TOTAL_TIMEOUT_MS } from '../timeouts.ts'
import type { RouteRequest } from './infer.ts'

/** The shipper takes a second or two; who asks at once is rather kept waiting than told to come back. */
const LOOKS_AFTER_MS = [0, 150, 300, 500, 800, 1_200]
/** A request this young may still be running, or on its way to Postgres. */
const MAY_BE_PENDING_MS = TOTAL_TIMEOUT_MS + 60_000

/** `GET /v1/generation?id=`: what one finished request of the key's organization cost, and how it was served. Holds nothing of what was said. */
export const showGeneration = async (deps: Deps, { request, reply }: RouteRequest): Promise<void> => {
  const caller = await identify(deps, { keyText: readKeyText(request.headers), peer: peerOf(request) })
  const id = readId(request.url ?? '')
  const startedAtMs = msOfUuidV7(id)
  const ageMs = startedAtMs === null ? Number.POSITIVE_INFINITY : deps.clock.nowMs() - startedAtMs
  const mayCome = ageMs < MAY_BE_PENDING_MS && ageMs > -MAY_BE_PENDING_MS
  for (const waitMs of mayCome ? LOOKS_AFTER_MS : [0]) {
    if (waitMs > 0) await sleep(waitMs)
    if (reply.isGone()) return
    const events = await look(deps, caller.orgId, id)
    if (events !== null) {
      reply.sendWhole(200, JSON_HEADERS, JSON.stringify({ data: describeGeneration(id, events) }))
      return
    }
  }
  if (!mayCome) throw new AppError('not_found', { message: `There is no generation "${id}".` })
  // Whose request it is, if it is anyone's, is not known yet: another organization's and one that never was answer alike.
  reply.sendWhole(
    202,
    { ...JSON_HEADERS, 'retry-after': '2' },
    JSON.stringify({ data: { id, status: 'pending', message: 'It is running, or not on record yet. Ask again.' } }),
  )
}

const JSON_HEADERS = { 'content-type': 'application/json' }

const readId = (url: string): string => {
  const id = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '').get('id')
  if (id === null || id === '')
    throw new AppError('invalid_request', {
      param: 'id',
      message: 'Name the request: /v1/generation?id=… with the x-generation-id of an answer.',
    })
  if (!isUuid(id)) throw new AppError('not_found', { message: `There is no generation "${id.slice(0, 100)}".` })
  return id
}

const look = async (deps: Deps, orgId: string, id: string): Promise<readonly GenerationEvent[] | null> => {
  const events = await deps.findGeneration(orgId, id).catch((cause: unknown) => {
    throw new AppError('quota_unavailable', {
      message: 'What requests cost cannot be looked up right now. Try again in a moment.',
      metadata: { retryAfterSeconds: 5 },
      cause,
    })
  })
  // Attempts are shipped one by one: the request is told once it has ended.
  return events?.some(({ kind, isFinal }) => kind === 'settle' && isFinal) === true ? events : null
}

const describeGeneration = (id: string, events: readonly GenerationEvent[]): JsonObject => {
  const settled = events.filter(({ kind }) => kind === 'settle')
  const last = settled.findLast(({ isFinal }) => isFinal) ?? settled.at(-1)
  if (last === undefined) throw new TypeError('a finished request has no attempt')
  return {
    id,
    status: 'finished',
    created_at: new Date(last.startedAtMs).toISOString(),
    endpoint: last.endpoint,
    format: last.callerDialect,
    streamed: last.streamed,
    model: last.modelId,
    model_requested: last.modelRequested,
    model_served: last.modelServed,
    provider: last.provider,
    offering: last.offeringId,
    service_tier: last.serviceTier,
    funding: last.funding,
    outcome: last.outcome,
    http_status: last.httpStatus,
    error_code: last.errorCode,
    cost: usdOf(events, 'billedPusd'),
    cost_details: {
      list_price: usdOf(events, 'costPusd'),
      billed: usdOf(events, 'billedPusd'),
      absorbed: usdOf(events, 'absorbedPusd'),
      absorbed_reason: last.absorbedReason,
    },
    usage: { units: unitsOf(last.units), source: last.usageSource },
    latency_ms: last.firstByteAtMs === null ? null : last.firstByteAtMs - last.startedAtMs,
    duration_ms: last.endedAtMs - last.startedAtMs,
    attempts: settled.map(describeAttempt),
    route: last.trail.map(describeStep),
    corrections: events.filter(({ kind }) => kind !== 'settle').length,
    tags: [...last.tags],
  }
}

const usdOf = (events: readonly GenerationEvent[], name: 'billedPusd' | 'costPusd' | 'absorbedPusd'): JsonValue =>
  moneyOf(pusd(events.reduce((sum, event) => sum + event[name], 0n)))

const moneyOf = (amount: Pusd): JsonValue => exactNumber(formatUsd(amount))

const unitsOf = (units: UsageUnits): JsonObject => ({ ...units })

const describeAttempt = (event: GenerationEvent): JsonObject => ({
  attempt: event.attempt,
  provider: event.provider,
  offering: event.offeringId,
  outcome: event.outcome,
  http_status: event.httpStatus,
  error_code: event.errorCode,
  first_byte_ms: event.firstByteAtMs === null ? null : event.firstByteAtMs - event.startedAtMs,
  ended_ms: event.endedAtMs - event.startedAtMs,
  units: unitsOf(event.units),
  cost: moneyOf(event.costPusd),
  billed: moneyOf(event.billedPusd),
  absorbed: moneyOf(event.absorbedPusd),
})

const describeStep = (step: TrailStep): JsonObject => ({
  attempt: step.attempt,
  offering: step.offeringId,
  provider: step.provider,
  result: step.result,
  reason: step.reason,
  ...(step.httpStatus === undefined ? {} : { http_status: step.httpStatus }),
  ...(step.durationMs === undefined ? {} : { duration_ms: step.durationMs }),
})
