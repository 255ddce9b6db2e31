import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { AppError } from '@atpar/core/errors'
import type { CallerDialect } from '@atpar/dialects/contract'
import type { Deps } from './deps.ts'
import { describeRefusal } from './limits/limit-headers.ts'
import { openServer } from './http/open-server.ts'
import { createReply, type Reply } from './http/reply.ts'
import { drainBriefly, isStillSending } from './http/unread-body.ts'
import { createRealtime } from './realtime/accept.ts'
import { isGeminiPath } from './routes/gemini-path.ts'
import { infer, type RouteRequest } from './routes/infer.ts'
import { findRoute, OFFERED } from './routes/table.ts'

export interface ProxyServer {
  readonly server: Server
  openCalls(): number
  /** No new calls: `/readyz` says so, keep-alive connections are closed after their answer. */
  startDraining(): void
  /** Conversations in sound that are still held when the time for draining is over. */
  stopConversations(): Promise<void>
}

/** Route table, request ids and the one error boundary. */
export const createProxyServer = (deps: Deps): ProxyServer => {
  let openCalls = 0
  let draining = false
  const noteClosed = (): void => {
    openCalls -= 1
  }
  const server = openServer(
    (request, response) => {
      const path = pathOf(request)
      if (path === '/healthz' || path === '/readyz' || path === '/metrics') {
        void answerProbe(deps, response, { path, draining })
        return
      }
      openCalls += 1
      if (draining) response.setHeader('connection', 'close')
      const reply = createReply(response, noteClosed)
      void answer(deps, { request, response, reply, path, refuse: openCalls > deps.maxOpenCalls ? 'overloaded' : null })
    },
    // Nothing is known of a request that could not be read, not even its format.
    (error) =>
      JSON.stringify(
        deps.dialects['openai-chat'].encodeError(error, { requestId: deps.newRequestId(deps.clock.nowMs()) }),
      ),
  )
  deps.metrics.observeGauges(() => ({
    openCalls,
    unsettledHolds: deps.quota.pending(),
    openAttempts: deps.journal.openCount(),
  }))
  deps.metrics.observeQuota(() => deps.quota.stats())
  const realtime = createRealtime(deps)
  server.on('upgrade', (request, socket, head) => {
    if (draining) realtime.refuse(socket, new AppError('shutting_down'))
    else if (openCalls + realtime.openSessions() >= deps.maxOpenCalls)
      realtime.refuse(socket, new AppError('overloaded'))
    else realtime.upgrade(request, socket, head)
  })
  return {
    server,
    openCalls: () => openCalls + realtime.openSessions(),
    startDraining: () => {
      draining = true
      realtime.drain()
    },
    stopConversations: realtime.stop,
  }
}

const pathOf = (request: IncomingMessage): string => {
  const url = request.url ?? '/'
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

interface AnswerInput {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly reply: Reply
  readonly path: string
  readonly refuse: 'overloaded' | null
}

const answer = async (deps: Deps, { request, response, reply, path, refuse }: AnswerInput): Promise<void> => {
  const startedAtMs = deps.clock.nowMs()
  const requestId = deps.newRequestId(startedAtMs)
  allowAnyOrigin(request, response)
  try {
    if (refuse !== null) throw new AppError(refuse, { metadata: { retryAfterSeconds: 1 } })
    if (!deps.journal.healthy())
      throw new AppError('overloaded', {
        message: 'This instance cannot record usage right now, so the request was not sent. Try again in a moment.',
        metadata: { retryAfterSeconds: 5 },
      })
    await route(deps, { request, reply, requestId, startedAtMs }, path)
  } catch (error) {
    sendError(deps, { error, request, reply, requestId, dialect: dialectOf(deps, request, path) })
  } finally {
    // What is left unread of a refused body would keep the connection open.
    if (!request.complete) request.resume()
  }
}

const route = (deps: Deps, request: RouteRequest, path: string): Promise<void> => {
  const { method = 'GET' } = request.request
  if (method === 'OPTIONS') {
    request.reply.sendWhole(204, {}, '')
    return Promise.resolve()
  }
  const found = findRoute(method, path)
  if (found?.kind === 'paid') return infer(deps, found.open(deps, path), request)
  if (found !== undefined) return found.handle(deps, request, path)
  throw path.startsWith('/v1/') || path.startsWith('/v1beta/')
    ? new AppError('not_implemented', {
        message: `${method} ${path.slice(0, 200)} is not offered. Offered: ${OFFERED}.`,
      })
    : new AppError('not_found', { message: `There is nothing at ${path.slice(0, 200)}. The API is below /v1.` })
}

const dialectOf = (deps: Deps, request: IncomingMessage, path: string): CallerDialect => {
  if (path.startsWith('/v1/messages') || request.headers['anthropic-version'] !== undefined)
    return deps.dialects['anthropic-messages']
  if (path.startsWith('/v1beta/') || (request.method === 'POST' && isGeminiPath(path))) return deps.dialects.gemini
  return path.startsWith('/v1/responses') ? deps.dialects['openai-responses'] : deps.dialects['openai-chat']
}

interface SendErrorInput {
  readonly error: unknown
  readonly request: IncomingMessage
  readonly reply: Reply
  readonly requestId: string
  readonly dialect: CallerDialect
}

/** Expected failures in the caller's format; anything else is a bug: 500, logged once, here. */
const sendError = (deps: Deps, { error, request, reply, requestId, dialect }: SendErrorInput): void => {
  const appError =
    error instanceof AppError
      ? error
      : new AppError('internal_error', {
          message: `Something went wrong on our side. Quote request ${requestId} if it persists.`,
          cause: error,
        })
  deps.metrics.recordRefusal(appError.code)
  if (appError.code === 'internal_error')
    deps.log.error('call-failed', {
      requestId,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  if (reply.hasStarted()) {
    reply.end()
    return
  }
  const headers = {
    'content-type': 'application/json',
    'x-request-id': requestId,
    // Refusals that repeat whatever the client does are not worth its SDK's retries.
    'x-should-retry': appError.retryable ? 'true' : 'false',
    ...describeRefusal(appError),
  }
  const body = JSON.stringify(dialect.encodeError(appError, { requestId }))
  if (isStillSending(request)) reply.sendLast(appError.status, headers, { body, until: drainBriefly(request) })
  else reply.sendWhole(appError.status, headers, body)
}

const EXPOSED_HEADERS =
  'x-request-id, x-generation-id, x-atpar-provider, x-atpar-model, x-atpar-attempts, x-atpar-clamped, x-atpar-dropped, x-atpar-retires, x-atpar-successor, x-atpar-route, x-atpar-cache, x-atpar-token-count, idempotent-replayed, retry-after, x-should-retry, ' +
  'x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, ' +
  'x-ratelimit-reset-tokens, ratelimit, ratelimit-policy, x-budget-scope, x-budget-limit, x-budget-remaining, x-budget-unit, x-budget-reset'

/** Browsers may call with a key in a header; there are no cookies here to abuse. */
const allowAnyOrigin = (request: IncomingMessage, response: ServerResponse): void => {
  if (request.headers.origin === undefined) return
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-expose-headers', EXPOSED_HEADERS)
  if (request.method !== 'OPTIONS') return
  response.setHeader('access-control-allow-methods', 'GET, POST, DELETE, OPTIONS')
  response.setHeader(
    'access-control-allow-headers',
    request.headers['access-control-request-headers'] ?? 'authorization, content-type',
  )
  response.setHeader('access-control-max-age', '86400')
}

const answerProbe = async (
  deps: Deps,
  response: ServerResponse,
  { path, draining }: { readonly path: string; readonly draining: boolean },
): Promise<void> => {
  if (path === '/metrics') {
    const { contentType, text } = await deps.metrics.render()
    response.writeHead(200, { 'content-type': contentType })
    response.end(text)
    return
  }
  const ok = path === '/healthz' || (!draining && deps.journal.healthy())
  response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({
      ok,
      service: 'proxy',
      instance: deps.instanceId,
      ...(path === '/readyz' ? { draining, journal: deps.journal.healthy() } : {}),
    }),
  )
}
