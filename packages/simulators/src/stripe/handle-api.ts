import type { IncomingMessage, ServerResponse } from 'node:http'

import { readRequestBody } from '../service/read-request-body.ts'
import { sendText } from '../service/send.ts'
import { findRoute } from './api/routes.ts'
import type { Route } from './api/route.ts'
import { decodeForm } from './form.ts'
import { fingerprintOf, recall } from './idempotency.ts'
import { API_VERSION } from './objects.ts'
import { StripeRefusal, type StripeErrorBody } from './refusal.ts'
import type { StripeService } from './service.ts'
import type { RememberedAnswer } from './world.ts'

const MOST_BYTES = 4 * 1_048_576

interface ApiCall {
  method: string
  path: string
  search: string
  body: string
  headers: IncomingMessage['headers']
  requestId: string
}

interface Answer {
  status: number
  body: string
  /** Set when this is what the key's first request was answered. */
  replayOf?: string
}

const UNKNOWN_ERROR: StripeErrorBody = {
  type: 'api_error',
  message: 'Sorry! There was an error while talking to one of our backends. Support has been notified.',
}

/** Every request under `/v1/`. */
export function handleApi(
  service: StripeService,
  exchange: { path: string; search: string; request: IncomingMessage; response: ServerResponse },
): void {
  const { path, search, request, response } = exchange
  readRequestBody(request, MOST_BYTES, (read) => {
    const call: ApiCall = {
      method: request.method ?? 'GET',
      path,
      search,
      body: read.kind === 'whole' ? read.body.toString() : '',
      headers: request.headers,
      requestId: service.world.newId('req'),
    }
    if (read.kind === 'too_large') send(response, call, errorAnswer(413, UNKNOWN_ERROR))
    else answer(service, call, response)
  })
}

function answer(service: StripeService, call: ApiCall, response: ServerResponse): void {
  const found = findRoute(call.method, call.path)
  const refused = refuseEntry(call, found)
  if (found === undefined || refused !== undefined) {
    note(service, call, { route: call.path, status: refused?.status ?? 404, fault: null, isReplay: false })
    send(response, call, refused ?? errorAnswer(404, UNKNOWN_ERROR))
    return
  }
  const fault = service.faults.takeForRequest({ method: call.method, path: call.path, route: found.route.path })
  const early = fault === undefined ? undefined : FAULTS_BEFORE[fault.kind]
  const kind = fault?.kind ?? null
  if (early !== undefined) {
    note(service, call, {
      route: found.route.path,
      status: early === 'lost' || early === 'reset' ? null : early.status,
      fault: kind,
      isReplay: false,
    })
    if (early === 'reset') response.destroy()
    else if (early !== 'lost') send(response, call, early)
    return
  }
  const made = execute(service, call, found)
  const sent = kind === 'stored_500' ? storeFailure(service, call, made) : made
  const isLost = kind === 'timeout_after_commit' || kind === 'reset_after_commit'
  note(service, call, {
    route: found.route.path,
    status: isLost ? null : sent.status,
    fault: kind,
    isReplay: sent.replayOf !== undefined,
  })
  service.wake()
  if (kind === 'reset_after_commit') response.destroy()
  else if (kind === 'slow') sendSlowly(service, call, { response, answer: sent, delayMs: fault?.delayMs ?? 0 })
  else if (!isLost) send(response, call, sent)
}

/** What a fault answers before anything was done; `lost` is never answered at all. */
const FAULTS_BEFORE: Readonly<Partial<Record<string, Answer | 'lost' | 'reset'>>> = {
  error_500: errorAnswer(500, UNKNOWN_ERROR),
  rate_limit: errorAnswer(429, {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message: 'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
  }),
  timeout: 'lost',
  reset: 'reset',
}

function refuseEntry(call: ApiCall, found: unknown): Answer | undefined {
  const key = /^Bearer (\S+)$/.exec(call.headers.authorization ?? '')?.[1]
  if (key === undefined) {
    return errorAnswer(401, {
      type: 'invalid_request_error',
      message:
        'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.',
    })
  }
  // A live key must never end up here: this is the simulator, and it would look as if it worked.
  if (!/^(?:sk|rk)_test_/.test(key) || key.startsWith('sk_test_invalid')) {
    return errorAnswer(401, {
      type: 'invalid_request_error',
      message: `Invalid API Key provided: ${key.slice(0, 8)}****`,
    })
  }
  if (found !== undefined) return undefined
  return errorAnswer(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `Unrecognized request URL (${call.method}: ${call.path}). If you are trying to list objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code.`,
  })
}

/** Runs the request, or finds what its key was answered the first time. */
function execute(service: StripeService, call: ApiCall, found: { route: Route; ids: string[] }): Answer {
  const { world } = service
  const key = keyOf(call)
  try {
    if (key !== null) {
      const held = recall(world, key, {
        fingerprint: fingerprintOf(call.method, call.path, call.body),
        endpoint: call.path,
        isRunning: service.running.has(key),
      })
      if (held !== undefined) return { status: held.status, body: held.body, replayOf: held.requestId }
    }
    world.request = { id: call.requestId, idempotency_key: key }
    world.baseUrl = `http://${call.headers.host ?? '127.0.0.1'}`
    const given = decodeForm(call.search === '' ? call.body : `${call.search}&${call.body}`)
    const result = found.route.run(world, given, { ids: found.ids, path: call.path })
    const made = { status: 200, body: JSON.stringify(result, null, 2) }
    remember(service, call, made)
    return made
  } catch (error) {
    if (!(error instanceof StripeRefusal)) {
      service.reportBug(error)
      return errorAnswer(500, UNKNOWN_ERROR, call.requestId)
    }
    const made = errorAnswer(error.status, error.body, call.requestId)
    if (error.isRemembered) remember(service, call, made)
    return made
  }
}

function keyOf(call: ApiCall): string | null {
  const key = call.headers['idempotency-key']
  return call.method === 'POST' && typeof key === 'string' && key !== '' ? key : null
}

function remember(service: StripeService, call: ApiCall, made: Answer): void {
  const key = keyOf(call)
  if (key === null) return
  const held: RememberedAnswer = {
    fingerprint: fingerprintOf(call.method, call.path, call.body),
    endpoint: call.path,
    status: made.status,
    body: made.body,
    requestId: call.requestId,
  }
  service.world.tables.idempotency.set(key, held)
}

/** Everything was done, and the answer that is remembered says that it failed. */
function storeFailure(service: StripeService, call: ApiCall, made: Answer): Answer {
  if (made.replayOf !== undefined || made.status !== 200) return made
  const failed = errorAnswer(500, UNKNOWN_ERROR, call.requestId)
  remember(service, call, failed)
  return failed
}

function sendSlowly(
  service: StripeService,
  call: ApiCall,
  late: { response: ServerResponse; answer: Answer; delayMs: number },
): void {
  const key = keyOf(call)
  if (key !== null) service.running.add(key)
  setTimeout(() => {
    if (key !== null) service.running.delete(key)
    if (!late.response.destroyed) send(late.response, call, late.answer)
  }, late.delayMs).unref()
}

function errorAnswer(status: number, error: StripeErrorBody, requestId?: string): Answer {
  const log = requestId === undefined ? {} : { request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}` }
  return { status, body: JSON.stringify({ error: { ...error, ...log } }, null, 2) }
}

function send(response: ServerResponse, call: ApiCall, { status, body, replayOf }: Answer): void {
  const key = keyOf(call)
  sendText(response, {
    status,
    type: 'application/json',
    text: body,
    headers: {
      'request-id': call.requestId,
      'stripe-version': String(call.headers['stripe-version'] ?? API_VERSION),
      ...(key === null ? {} : { 'idempotency-key': key, 'original-request': replayOf ?? call.requestId }),
      ...(replayOf === undefined ? {} : { 'idempotent-replayed': 'true' }),
      ...(status === 429 ? { 'stripe-rate-limited-reason': 'endpoint-rate' } : {}),
    },
  })
}

function note(
  service: StripeService,
  call: ApiCall,
  what: { route: string; status: number | null; fault: string | null; isReplay: boolean },
): void {
  service.calls.add({
    at: service.world.realNow().toISOString(),
    method: call.method,
    path: call.path,
    requestId: call.requestId,
    idempotencyKey: keyOf(call),
    ...what,
  })
}
