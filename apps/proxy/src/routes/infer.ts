import type { IncomingMessage } from 'node:http'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { CallerDialect } from '@atpar/dialects/contract'
import type { Endpoint } from '@atpar/core/key-scope'
import { handleCall } from '../call/handle-call.ts'
import type { Deps } from '../deps.ts'
import { parseJsonBody, readBody } from '../http/body.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import type { Reply } from '../http/reply.ts'
import { readTags } from '../http/tags.ts'

const MAX_BODY_BYTES = 20 * 1024 * 1024

export interface InferenceRoute {
  readonly endpoint: Endpoint
  readonly dialect: CallerDialect
  /** For formats that say in the URL what others say in the body: adds it where the dialect looks for it. */
  readonly complete?: (json: JsonObject) => JsonObject
}

export interface RouteRequest {
  readonly request: IncomingMessage
  readonly reply: Reply
  readonly requestId: string
  readonly startedAtMs: number
}

/** The one way into the six steps: every endpoint that can cost money goes through here, so none escapes metering. */
export const infer = async (
  deps: Deps,
  route: InferenceRoute,
  { request, reply, requestId, startedAtMs }: RouteRequest,
): Promise<void> => {
  const keyText = readKeyText(request.headers)
  // Without a key nothing of a body is worth reading.
  if (keyText === null) throw new AppError('missing_key')
  const body = await readBody(request, MAX_BODY_BYTES)
  const parsed = parseJsonBody(body)
  const json = route.complete === undefined ? parsed : route.complete(parsed)
  await handleCall(deps, {
    requestId,
    startedAtMs,
    endpoint: route.endpoint,
    dialect: route.dialect,
    body,
    json,
    facts: route.dialect.readFacts(json),
    snapshot: deps.feed.current(),
    keyText,
    peer: peerOf(request),
    tags: readTags(request.headers),
    reply,
  })
}
