import type { OutgoingHttpHeaders } from 'node:http'
import { AppError } from '@atpar/core/errors'
import type { AttemptOutcome } from '@atpar/core/usage-event'
import type { Admission, Answer, Outcome, Receipt } from '../call/call-context.ts'
import type { Deps } from '../deps.ts'
import { credibleTaskUsage } from '../metering/credible-usage.ts'
import { DRAIN_TIMEOUT_MS } from '../timeouts.ts'
import { createMediaWriter } from './media-writer.ts'

interface RelayStreamInput {
  readonly answer: Extract<Answer, { kind: 'media-stream' }>
  readonly admission: Admission
  readonly headers: OutgoingHttpHeaders
}

/**
 * A sound or events to the caller as they come, no faster than it reads. What is being made is paid whole however much of it is heard: a caller who
 * leaves is billed at once where the request alone tells what it costs (characters, pictures), and nothing more is read; else by the provider's own
 * account, read to its end. The connection ends well only once the journal knows the call.
 */
export const relayMediaStream = (
  deps: Deps,
  { answer, admission, headers }: RelayStreamInput,
  settle: (outcome: Outcome) => Promise<Receipt>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const { body, attempt, prepared } = answer
    const { reply } = prepared.call
    const writer = createMediaWriter(answer)
    let ended = false
    let drainTimer: NodeJS.Timeout | undefined

    const finish = (outcome: AttemptOutcome, error: AppError | null): void => {
      if (ended) return
      ended = true
      answer.forgetDeadline()
      clearTimeout(drainTimer)
      const usage = credibleTaskUsage(writer.usage(), admission.worst)
      settle({
        kind: 'served',
        attempt,
        lost: answer.lost,
        outcome,
        usage,
        usageIsFinal: usage !== null,
        deliveredText: writer.deliveredText(),
        deliveredCharacters: null,
        // Half a sound or picture is worth nothing to who asked for a whole one.
        hasContent: error === null || writer.deliveredText() !== '',
        servedModel: null,
        serviceTier: prepared.variant,
        providerRequestId: answer.providerRequestId,
        firstByteAtMs: answer.firstByteAtMs,
        endedAtMs: deps.clock.nowMs(),
        error,
      }).then(() => {
        if (error !== null) reply.abort(inBand(error))
        else {
          const last = writer.end()
          if (last === null) reply.end()
          else reply.end(last)
        }
        resolve()
      }, reject)
    }

    /** Events say what went wrong; a sound can only break off. */
    const inBand = (error: AppError): string | null =>
      writer.contentType.startsWith('text/event-stream')
        ? `data: ${JSON.stringify(deps.dialects['openai-chat'].encodeError(error, { requestId: prepared.call.requestId }))}\n\n`
        : null

    const interrupted = (cause?: unknown): AppError =>
      new AppError('stream_interrupted', { metadata: { provider: attempt.offering.providerId }, cause })

    const relayBytes = (bytes: Buffer): void => {
      const out = writer.write(bytes)
      const problem = writer.problem()
      if (problem !== null) {
        body.abort()
        finish('upstream_error', interrupted())
      } else if (out !== null && !reply.write(out)) body.pause()
    }

    reply.startStream({ ...headers, 'content-type': writer.contentType })
    reply.onDrain(() => body.resume())
    reply.onGone(() => {
      if (ended) return
      if (prepared.format.countUnits(prepared.call.request, prepared.to) !== null) {
        body.abort()
        finish('client_abort', null)
        return
      }
      body.resume()
      drainTimer = setTimeout(() => {
        body.abort()
        finish('client_abort', null)
      }, DRAIN_TIMEOUT_MS)
    })
    for (const bytes of answer.first) relayBytes(bytes)
    body.read({
      onData: (bytes) => {
        if (!ended) relayBytes(bytes)
      },
      onEnd: () => {
        if (reply.isGone()) finish('client_abort', null)
        else if (writer.isComplete()) finish('ok', null)
        else finish('upstream_error', interrupted())
      },
      onError: (error) => {
        const isSound = prepared.upstream.answer === 'sound'
        if (reply.isGone()) finish('client_abort', null)
        // Some providers leave the connection open after their last event.
        else if (!isSound && writer.isComplete()) finish('ok', null)
        else {
          const timedOut = 'code' in error && error.code === 'UND_ERR_BODY_TIMEOUT'
          finish(timedOut ? 'upstream_timeout' : 'upstream_error', interrupted(error))
        }
      },
    })
  })
