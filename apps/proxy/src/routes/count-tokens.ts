import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { Endpoint } from '@atpar/core/key-scope'
import type { CallerDialectId } from '@atpar/dialects/contract'
import { identify } from '../call/authenticate.ts'
import { countInput, type Count } from '../counting/count-input.ts'
import type { Deps } from '../deps.ts'
import { readBody } from '../http/body.ts'
import { parseJsonBody } from '../http/json-body.ts'
import { readKeyText } from '../http/key-text.ts'
import { peerOf } from '../http/networks.ts'
import { readTags } from '../http/tags.ts'
import { betasOf } from '../upstream/pass-betas.ts'
import { isGeminiMethod, readGeminiPath } from './gemini-path.ts'
import type { RouteRequest } from './infer.ts'
import type { FreeRoute } from './route.ts'

const MAX_BODY_BYTES = 20 * 1024 * 1024

interface CountRoute {
  readonly dialect: CallerDialectId
  /** The scope a key needs: that of the request which is counted. */
  readonly endpoint: Endpoint
  /** The whole request, as its format wants it, from what is sent to be counted. */
  readonly complete: (json: JsonObject, path: string) => JsonObject
  readonly describe: (count: Count) => JsonObject
}

/** Marked in the body too: who reads only that must not take an estimate for a count. */
const markOf = ({ countedBy }: Count): JsonObject => (countedBy === null ? { estimated: true } : {})

const handle =
  ({ dialect, endpoint, complete, describe }: CountRoute) =>
  async (deps: Deps, { request, reply, requestId, startedAtMs }: RouteRequest, path: string): Promise<void> => {
    const keyText = readKeyText(request.headers)
    if (keyText === null) throw new AppError('missing_key')
    const peer = peerOf(request)
    // Read for a key that works only: nothing is earned by it.
    await identify(deps, { keyText, peer })
    const share = deps.bodyRoom.take(
      Math.min(Number(request.headers['content-length'] ?? MAX_BODY_BYTES), MAX_BODY_BYTES),
    )
    try {
      const body = await readBody(request, { maxBytes: MAX_BODY_BYTES })
      share.keep(body.length)
      const count = await countInput(deps, {
        requestId,
        startedAtMs,
        endpoint,
        dialect: deps.dialects[dialect],
        json: complete(parseJsonBody(body), path),
        snapshot: deps.feed.current(),
        keyText,
        peer,
        tags: readTags(request.headers),
        betas: betasOf(request.headers),
      })
      reply.sendWhole(
        200,
        {
          'content-type': 'application/json',
          'x-request-id': requestId,
          'x-atpar-model': count.modelId,
          'x-atpar-token-count': count.countedBy ?? 'estimate',
        },
        JSON.stringify(describe(count)),
      )
    } finally {
      share.keep(0)
    }
  }

/** No field of the request, but its format demands one. */
const ANY_LIMIT = 1_024

const asObject = (value: JsonObject[string] | undefined): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null

/** A thinking budget has to be below the limit, which is not part of the question. */
const roomForThinking = (json: JsonObject): JsonObject => {
  const budget = asObject(json.thinking)?.budget_tokens
  return typeof budget === 'number' ? { max_tokens: budget + ANY_LIMIT } : {}
}

/** How many tokens a request's input has, asked without sending it to be answered. Free in every format. */
export const tokenCounts: readonly FreeRoute[] = [
  {
    kind: 'free',
    method: 'POST',
    path: '/v1/messages/count_tokens',
    handle: handle({
      dialect: 'anthropic-messages',
      endpoint: 'messages',
      complete: (json) => ({ max_tokens: ANY_LIMIT, ...json, ...roomForThinking(json), stream: false }),
      describe: (count) => ({ input_tokens: count.tokens, ...markOf(count) }),
    }),
  },
  {
    kind: 'free',
    method: 'POST',
    path: '/v1beta/models/{model}:countTokens',
    matches: isGeminiMethod(['countTokens']),
    handle: handle({
      dialect: 'gemini',
      endpoint: 'generate-content',
      complete: (json, path) => ({
        ...(asObject(json.generateContentRequest ?? json.generate_content_request) ?? json),
        model: readGeminiPath(path)?.model ?? '',
        stream: false,
      }),
      describe: (count) => ({
        totalTokens: count.tokens,
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: count.tokens }],
        ...markOf(count),
      }),
    }),
  },
  {
    kind: 'free',
    method: 'POST',
    path: '/v1/responses/input_tokens',
    handle: handle({
      dialect: 'openai-responses',
      endpoint: 'responses',
      complete: (json) => ({ ...json, stream: false }),
      describe: (count) => ({ object: 'response.input_tokens', input_tokens: count.tokens, ...markOf(count) }),
    }),
  },
]
