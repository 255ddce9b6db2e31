import { randomBytes } from 'node:crypto'
import { AppError } from '@atpar/core/errors'
import { newUuidV7 } from '@atpar/core/ids'
import { readDeps } from '../deps.ts'
import { sendAnswer, sendError, type AnswerFrame } from './answers.ts'
import { authenticate, type ManagementCaller } from './authenticate.ts'
import type { ApiRoute } from './define-route.ts'
import { matchRoutes, type RouteMatch } from './match-route.ts'
import { readAsk, readBodyText } from './read-ask.ts'
import { DoneBefore, readRepeatable } from './repeatable.ts'
import { ROUTES } from './route-table.ts'

const pickRoute = (method: string, segments: readonly string[]): RouteMatch => {
  const matches = matchRoutes(ROUTES, segments)
  const match = matches.find(({ route }) => route.method === method)
  if (match !== undefined) return match
  const offered = matches.map(({ route }) => route.method).join(', ')
  throw new AppError('not_found', {
    message: offered === '' ? 'There is no such path in this API.' : `This path offers ${offered}.`,
  })
}

const sendResult = (route: ApiRoute, answer: unknown, frame: AnswerFrame): Response =>
  sendAnswer(route.status, route.status === 204 ? null : JSON.stringify(answer), frame)

interface Asked {
  readonly request: Request
  readonly url: URL
  readonly match: RouteMatch
  readonly caller: ManagementCaller
  readonly frame: AnswerFrame
}

const runPost = async ({ request, url, match, caller, frame }: Asked, bodyText: string): Promise<Response> => {
  const { route, params } = match
  const ask = readAsk(route, { params, search: url.searchParams, bodyText })
  const repeatable = readRepeatable(caller, {
    request,
    path: url.pathname + url.search,
    bodyText,
    status: route.status,
  })
  const replay = async (): Promise<Response | null> => {
    const earlier = (await repeatable?.findEarlier()) ?? null
    if (earlier === null) return null
    return sendAnswer(earlier.status, earlier.status === 204 ? null : earlier.body, {
      ...frame,
      headers: { 'idempotent-replayed': 'true' },
    })
  }
  const earlier = await replay()
  if (earlier !== null) return earlier
  try {
    return sendResult(route, await route.call(caller.context, ask, repeatable?.claim), frame)
  } catch (error) {
    if (!(error instanceof DoneBefore)) throw error
    // Its twin committed between the look and the claim.
    const twin = await replay()
    if (twin === null) throw new AppError('conflict', { message: 'The same call is running. Ask again.' })
    return twin
  }
}

const answer = async (request: Request, segments: readonly string[], frame: AnswerFrame): Promise<Response> => {
  // Before the path is looked at: what there is here is told to nobody without a key.
  const caller = await authenticate(request)
  const match = pickRoute(request.method, segments)
  const url = new URL(request.url)
  const bodyText = match.route.body === null ? '' : await readBodyText(request)
  if (match.route.method === 'POST') return runPost({ request, url, match, caller, frame }, bodyText)
  const ask = readAsk(match.route, { params: match.params, search: url.searchParams, bodyText })
  return sendResult(match.route, await match.route.call(caller.context, ask), frame)
}

/** The management API: one call from key to answer. `segments` is the path below /api/v1, decoded. Never throws. */
export const handleRequest = async (request: Request, segments: readonly string[]): Promise<Response> => {
  const { log, nowMs } = readDeps()
  const requestId = newUuidV7({ nowMs, randomBytes })
  try {
    return await answer(request, segments, { requestId })
  } catch (error) {
    if (error instanceof AppError) return sendError(error, { requestId })
    log.error('api-failed', {
      requestId,
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    return sendError(new AppError('internal_error', { cause: error }), { requestId })
  }
}
