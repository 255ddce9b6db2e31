import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { ErrorCode } from '@atpar/core/errors'
import type { TokenBounds } from '@atpar/core/hold-arithmetic'
import type { ReportedUsage } from '@atpar/core/usage'
import type { MediaAnswer } from '@atpar/dialects/media-contract'
import type { Answer, Attempt, LostAttempt, PreparedMedia } from '../call/call-context.ts'
import type { Deps } from '../deps.ts'
import { createStreamFramer } from '../http/stream-framer.ts'
import { credibleTaskUsage } from '../metering/credible-usage.ts'
import { AttemptFailure, failureOf, providerError } from '../upstream/attempt-failure.ts'
import { collectBody, type UpstreamReply } from '../upstream/http.ts'

/** Ten pictures of some megabytes, in base64. */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024

interface ReadInput {
  readonly prepared: PreparedMedia
  readonly reply: UpstreamReply
  readonly attempt: Attempt
  readonly lost: readonly LostAttempt[]
  readonly providerRequestId: string | null
  readonly worst: TokenBounds
  readonly forgetDeadline: () => void
}

/** An answer that has begun: the whole of it, or a stream with its first sound, word or picture. Until then another offering may take over. */
export const readMedia = async (deps: Deps, input: ReadInput): Promise<Answer> => {
  const { prepared, reply, attempt, lost, providerRequestId } = input
  const served = { prepared, attempt, lost, providerRequestId }
  if (prepared.upstream.answer === 'json') {
    const bytes = await collectBody(reply.body, MAX_ANSWER_BYTES).finally(input.forgetDeadline)
    const decoded = prepared.format.decodeAnswer(parseAnswer(bytes, input), prepared.call.request)
    const usage = credibleTaskUsage(usageOf(prepared, decoded), input.worst)
    return { kind: 'media', ...served, bytes, decoded, usage, firstByteAtMs: deps.clock.nowMs() }
  }
  const contentType = reply.headers['content-type'] ?? null
  const first = await readUntilBegun(input)
  return {
    kind: 'media-stream',
    ...served,
    body: reply.body,
    first,
    contentType,
    forgetDeadline: input.forgetDeadline,
    firstByteAtMs: deps.clock.nowMs(),
  }
}

/** What is sold by the piece is counted by the piece, whatever else the provider tells. */
const usageOf = ({ format, call, to }: PreparedMedia, decoded: MediaAnswer): ReportedUsage | null => {
  const counted = format.countUnits(call.request, to)
  if (counted === null) return decoded.usage
  if (decoded.task !== 'image' || counted.images === undefined) return { units: counted, raw: null }
  return { units: { images: decoded.pictures.length }, raw: null }
}

const parseAnswer = (bytes: Buffer, { attempt, providerRequestId }: ReadInput): JsonObject => {
  const json = parseJsonObject(bytes.toString('utf8'))
  if (json !== null) return json
  throw new AttemptFailure(providerError('upstream_malformed', attempt, {}), { status: 200, providerRequestId })
}

const readUntilBegun = ({
  prepared,
  reply,
  attempt,
  providerRequestId,
  forgetDeadline,
}: ReadInput): Promise<readonly Buffer[]> =>
  new Promise((resolve, reject) => {
    const { body } = reply
    const first: Buffer[] = []
    const fail = (code: ErrorCode): void => {
      body.abort()
      forgetDeadline()
      reject(new AttemptFailure(providerError(code, attempt, {}), { status: 200, providerRequestId }))
    }
    const hasBegun = createBeginning(prepared)
    body.read({
      onData: (bytes) => {
        first.push(bytes)
        const begun = hasBegun(bytes)
        if (begun === 'failed') fail('upstream_failed')
        else if (begun === 'begun') {
          body.detach()
          resolve(first)
        }
      },
      onEnd: () => fail('upstream_malformed'),
      onError: (error) => {
        forgetDeadline()
        reject(failureOf(error, attempt))
      },
    })
  })

type Beginning = 'begun' | 'failed' | 'waiting'

/** A sound begins with its first byte; events with the first that holds something of the answer. */
const createBeginning = ({ upstream, format }: PreparedMedia): ((bytes: Buffer) => Beginning) => {
  if (upstream.answer === 'sound') return () => 'begun'
  const framer = createStreamFramer('sse')
  return (bytes) => {
    for (const frame of framer.push(bytes)) {
      const event = framer.read(frame)
      if (event === null) continue
      const told = format.readEvent(event)
      if (told.problem !== null) return 'failed'
      if (told.sound !== null || told.text !== '' || told.hasPicture || told.isLast) return 'begun'
    }
    return 'waiting'
  }
}
