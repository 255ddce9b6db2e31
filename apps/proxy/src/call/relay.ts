import type { OutgoingHttpHeaders } from 'node:http'
import type { ChatChunk, ChatResponse } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import { spliceJson, type JsonEdit } from '@atpar/core/json-splice'
import type { AttemptOutcome } from '@atpar/core/usage-event'
import type { Deps } from '../deps.ts'
import { LARGE_BODY_BYTES } from '../http/growing-buffer.ts'
import { convert, passThrough } from '../http/stream-writer.ts'
import { DRAIN_TIMEOUT_MS } from '../timeouts.ts'
import type { Admission, Answer, HeldFrame, IncomingCall, Outcome, Receipt } from './call-context.ts'
import { replay } from '../answers/recorder.ts'
import { describeHit, outcomeOfHit } from '../answers/response-cache.ts'
import { credibleUsage } from '../metering/credible-usage.ts'
import type { AnswerGuard } from '../guarding/answer-guard.ts'
import { guardWhole, sendProblem } from '../guarding/guard-whole.ts'
import { guardWriter, type GuardedWriter } from '../guarding/guarded-writer.ts'
import { relayMedia } from '../media/relay-media.ts'
import { relayMediaStream } from '../media/relay-media-stream.ts'
import { watchSpending } from '../holds/watch-spending.ts'
import { wholeOutcome } from '../metering/whole-outcome.ts'

interface RelayInput {
  readonly call: IncomingCall
  readonly admission: Admission
  readonly answer: Answer
  /** Null when the answer is not looked through: nearly always. */
  readonly answers: AnswerGuard | null
}

type Settle = (outcome: Outcome) => Promise<Receipt>
type WholeAnswer = Extract<Answer, { kind: 'whole' }>
type TaskAnswerRead = Extract<Answer, { kind: 'task' }>
type StreamAnswer = Extract<Answer, { kind: 'stream' }>

/** Step 5: the answer back to the caller, metered as it flows, settled before its last byte. @throws the error of a call that no candidate answered. */
export const relay = (deps: Deps, input: RelayInput, settle: Settle): Promise<void> => {
  const { call, answer } = input
  switch (answer.kind) {
    case 'failed':
      return settle({ kind: 'failed', lost: answer.lost }).then(() => {
        throw answer.error
      })
    case 'whole':
      return relayWhole(deps, { ...input, answer, headers: describeAnswer(input) }, settle)
    case 'cached':
      return relayCached(deps, call, answer, settle)
    case 'task':
      return relayTask(deps, { answer, headers: describeAnswer(input) }, settle)
    case 'media':
      return relayMedia(deps, { answer, answers: input.answers, headers: describeAnswer(input) }, settle)
    case 'media-stream':
      letGo(input)
      return relayMediaStream(deps, { answer, admission: input.admission, headers: describeAnswer(input) }, settle)
    case 'stream':
      letGo(input)
      return relayStream(deps, { ...input, answer, headers: describeAnswer(input) }, settle)
  }
}

const relayCached = async (
  deps: Deps,
  call: IncomingCall,
  { attempt, recorded }: Extract<Answer, { kind: 'cached' }>,
  settle: Settle,
): Promise<void> => {
  await settle(outcomeOfHit(attempt, deps.clock.nowMs()))
  replay(call.reply, describeHit(call, recorded), { 'x-atpar-cache': 'hit' })
}

const describeAnswer = ({ call, admission, answer }: RelayInput): OutgoingHttpHeaders => {
  if (answer.kind === 'failed' || answer.kind === 'cached') return {}
  const headers: OutgoingHttpHeaders = {
    'x-request-id': call.requestId,
    'x-generation-id': call.requestId,
    'x-atpar-provider': answer.attempt.offering.providerId,
    'x-atpar-model': answer.attempt.offering.modelId,
    'x-atpar-attempts': String(answer.attempt.number),
  }
  const { dropped } = answer.attempt
  if (dropped.length > 0) headers['x-atpar-dropped'] = dropped.join(', ')
  const { retiresOn, successorId } = answer.attempt.offering
  if (retiresOn) headers['x-atpar-retires'] = retiresOn
  if (retiresOn && successorId) headers['x-atpar-successor'] = successorId
  if (admission.clampTokens !== null) headers['x-atpar-clamped'] = String(admission.clampTokens)
  return headers
}

interface RelayPart<Kind> {
  readonly call: IncomingCall
  readonly admission: Admission
  readonly answer: Kind
  readonly answers: AnswerGuard | null
  readonly headers: OutgoingHttpHeaders
}

const relayWhole = async (
  deps: Deps,
  { call, admission, answer, answers, headers }: RelayPart<WholeAnswer>,
  settle: Settle,
): Promise<void> => {
  const guarded = answers === null ? null : guardWhole(answer, answers)
  const decoded = guarded === null ? answer.decoded : guarded.decoded
  const remembered = rememberKept(deps, { call, answer, ids: answer.keptIds, admission })
  const receipt = await settle(
    wholeOutcome(deps, {
      answer,
      reply: call.reply,
      deliveredText: answer.usage === null && answer.decoded !== null ? textOfAnswer(answer.decoded) : '',
      hasContent: answer.hasContent,
      servedModel: answer.servedModel,
      serviceTier: answer.serviceTier,
      error: guarded === null ? null : guarded.problem,
    }),
  )
  if (remembered !== null) await remembered
  if (guarded !== null && guarded.problem !== null) {
    sendProblem(call, guarded.problem, headers)
    return
  }
  const body =
    answer.sameDialect || decoded === null
      ? spliceJson(guarded === null ? answer.bytes : guarded.bytes, answer.caller.costEdits(receipt.costUsd, 'answer'))
      : JSON.stringify(
          answer.caller.encodeResponse(decoded, {
            generationId: call.requestId,
            model: answer.attempt.offering.modelId,
            createdAtMs: call.startedAtMs,
            costUsd: receipt.costUsd,
            request: call.json,
          }),
        )
  call.reply.sendWhole(200, { ...headers, 'content-type': 'application/json' }, body)
}

/** An answer that is no chat: settled, then sent, as it came or in the caller's format. */
const relayTask = async (
  deps: Deps,
  { answer, headers }: Omit<RelayPart<TaskAnswerRead>, 'call' | 'admission' | 'answers'>,
  settle: Settle,
): Promise<void> => {
  const { call, decoded } = answer
  const receipt = await settle(
    wholeOutcome(deps, {
      answer,
      reply: call.reply,
      deliveredText: '',
      hasContent: answer.hasContent,
      servedModel: answer.servedModel,
      serviceTier: null,
      error: null,
    }),
  )
  const body =
    decoded === null
      ? await priceAnswer(deps, answer.bytes, call.dialect.costEdits(receipt.costUsd))
      : JSON.stringify(
          call.dialect.encodeAnswer(decoded, {
            generationId: call.requestId,
            model: answer.attempt.offering.modelId,
            createdAtMs: call.startedAtMs,
            costUsd: receipt.costUsd,
            body: call.json,
          }),
        )
  call.reply.sendWhole(200, { ...headers, 'content-type': 'application/json' }, body)
}

/** Thousands of vectors take long to walk through. */
const priceAnswer = (deps: Deps, bytes: Buffer, edits: readonly JsonEdit[]): Uint8Array | Promise<Uint8Array> =>
  bytes.length > LARGE_BODY_BYTES ? deps.largeBodies.splice(bytes, edits) : spliceJson(bytes, edits)

const textOfAnswer = (response: ChatResponse): string =>
  response.choices
    .flatMap((choice) =>
      choice.content.map((part) =>
        part.type === 'text' || part.type === 'thinking' || part.type === 'refusal'
          ? part.text
          : part.type === 'tool-call'
            ? part.name + part.argumentsJson
            : '',
      ),
    )
    .join('')

const relayStream = (
  deps: Deps,
  { call, admission, answer, answers, headers }: RelayPart<StreamAnswer>,
  settle: Settle,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const { reply } = call
    const { body, framer, decoder, meter, attempt } = answer
    const guarded = answers === null ? null : guardWriter(convert(call, answer), answers)
    const writer = guarded ?? (answer.sameDialect ? passThrough(call, answer) : convert(call, answer))
    let ended = false
    /** The caller was told that no more of the answer comes; what it costs may still be on its way. */
    let withheld: AppError | null = null
    /** Ended by us, and only the words for it are outstanding. */
    let isCut = false
    let cutAtMs = 0
    let isCallerFull = false
    let isSpent = false
    let drainTimer: NodeJS.Timeout | undefined

    const close = (receipt: Receipt, error: AppError | null): void => {
      const last = error === null ? writer.end(receipt) : isCut || withheld !== null ? null : writer.fail(error)
      if (last === null) reply.end()
      else reply.end(last)
      if (isCut) deps.metrics.recordCut(deps.clock.monotonicMs() - cutAtMs)
      resolve()
    }

    const finish = (how: AttemptOutcome, problem: AppError | null): void => {
      if (ended) return
      if (guarded !== null) lookAtRest(guarded)
      ended = true
      const error = withheld ?? problem
      // Whatever became of the rest: the caller got what it was to get.
      const outcome = withheld === null ? how : 'ok'
      answer.forgetDeadline()
      clearTimeout(drainTimer)
      const remembered = rememberKept(deps, { call, answer, ids: decoder.keptIds, admission })
      settle({
        kind: 'served',
        attempt,
        lost: answer.lost,
        outcome,
        usage: credibleUsage({ usage: meter.usage(), worst: admission.worst, hasContent: meter.hasContent() }),
        usageIsFinal: meter.usageIsFinal(),
        deliveredText: meter.deliveredText(),
        deliveredCharacters: meter.characters(),
        hasContent: meter.hasContent(),
        servedModel: meter.servedModel(),
        serviceTier: decoder.serviceTier,
        providerRequestId: answer.providerRequestId,
        firstByteAtMs: answer.firstByteAtMs,
        endedAtMs: deps.clock.nowMs(),
        error,
      }).then(
        (receipt) => (remembered === null ? close(receipt, error) : remembered.then(() => close(receipt, error))),
        reject,
      )
    }

    const forward = (frames: readonly HeldFrame[]): void => {
      if (withheld !== null) return
      for (const frame of frames) {
        const out = writer.write(frame)
        if (out === null || reply.write(out) || isCallerFull) continue
        isCallerFull = true
        body.pause()
      }
      if (guarded !== null) withholdIfBlocked(guarded)
    }

    const lookAtRest = (guard: GuardedWriter): void => {
      const rest = guard.rest()
      if (withheld === null && !isCut && rest !== null) reply.write(rest)
      const problem = guard.problem()
      if (withheld !== null || problem === null) return
      withheld = problem
      if (!isCut) reply.write(writer.fail(problem))
    }

    /** The caller hears of it at once. What was written so far is billed, and what the provider bills to the end is read to the end. */
    const withholdIfBlocked = (guard: GuardedWriter): void => {
      const problem = guard.problem()
      if (problem === null || withheld !== null || isCut) return
      withheld = problem
      reply.write(writer.fail(problem))
      isCallerFull = false
      drainOrEnd()
    }

    /** The provider of a stream that nobody reads any more. */
    const drainOrEnd = (): void => {
      if (attempt.target.cancelPolicy === 'drain') {
        // The provider runs on and bills to the end whatever we do, so its own count is worth waiting for.
        if (!isSpent) body.resume()
        clearTimeout(drainTimer)
        drainTimer = setTimeout(() => {
          body.abort()
          finish('client_abort', null)
        }, DRAIN_TIMEOUT_MS)
      } else {
        body.abort()
        finish('client_abort', null)
      }
    }

    /** The caller hears of it at once; the bill, which may need a count of what was delivered, follows before the end. */
    const cut = (cause: Promise<AppError>): void => {
      if (ended || isCut) return
      if (withheld !== null) {
        body.abort()
        finish('budget_cut', null)
        return
      }
      isCut = true
      body.abort()
      cutAtMs = deps.clock.monotonicMs()
      cause.then((error) => {
        reply.write(writer.fail(error))
        finish('budget_cut', error)
      }, reject)
    }

    const watch = watchSpending(deps, {
      call,
      admission,
      answer,
      onGranted: () => {
        isSpent = false
        keepWatch()
        if (!isSpent && !isCallerFull) body.resume()
      },
      onCut: cut,
    })

    const keepWatch = (): void => {
      if (watch === null || watch.look()) return
      isSpent = true
      body.pause()
    }

    const relayBytes = (bytes: Buffer): void => {
      const frames: HeldFrame[] = []
      for (const frame of framer.push(bytes)) {
        const event = framer.read(frame)
        const chunks = event === null ? NO_CHUNKS : decoder.push(event)
        for (const chunk of chunks) meter.add(chunk)
        frames.push({ bytes: frame, chunks })
      }
      forward(frames)
      keepWatch()
      const inBand = meter.inBandError()
      if (inBand !== null) {
        body.abort()
        finish(
          'upstream_error',
          new AppError('stream_interrupted', {
            metadata: {
              provider: attempt.offering.providerId,
              ...(inBand.code === null ? {} : { providerCode: inBand.code }),
            },
          }),
        )
      }
    }

    const onData = (bytes: Buffer): void => {
      if (ended || isCut) return
      try {
        relayBytes(bytes)
      } catch (cause) {
        // A bug of ours must not leave an attempt without its terminal event, nor the caller without an end.
        deps.log.error('relay-failed', {
          requestId: call.requestId,
          error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
        })
        body.abort()
        finish('gateway_error', new AppError('internal_error', { cause }))
      }
    }

    reply.startStream(headers)
    reply.onDrain(() => {
      isCallerFull = false
      if (!isSpent) body.resume()
    })
    // Taken out: the frames are slices of read buffers, and the answer lives as long as its stream.
    forward(answer.held.splice(0))
    reply.onGone(() => {
      if (ended || isCut) return
      isCallerFull = false
      drainOrEnd()
    })
    if (ended) return
    body.read({
      onData,
      onEnd: () => {
        if (isCut) return
        if (decoder.finished) finish(reply.isGone() ? 'client_abort' : 'ok', null)
        else
          finish(
            reply.isGone() ? 'client_abort' : 'upstream_error',
            new AppError('stream_interrupted', { metadata: { provider: attempt.offering.providerId } }),
          )
      },
      onError: (error) => {
        if (isCut) return
        // Some providers leave the connection open after their last event.
        if (decoder.finished) {
          finish('ok', null)
          return
        }
        const timedOut = 'code' in error && error.code === 'UND_ERR_BODY_TIMEOUT'
        finish(
          reply.isGone() ? 'client_abort' : timedOut ? 'upstream_timeout' : 'upstream_error',
          new AppError(timedOut ? 'upstream_timeout' : 'stream_interrupted', {
            metadata: { provider: attempt.offering.providerId },
            cause: error,
          }),
        )
      },
    })
  })

interface KeptInput {
  readonly call: IncomingCall
  readonly admission: Admission
  readonly answer: WholeAnswer | StreamAnswer
  readonly ids: readonly string[] | undefined
}

/** Who keeps this answer is known before its caller can ask for it. Null for nearly every answer: nobody does. */
const rememberKept = (deps: Deps, { call, admission, answer, ids }: KeptInput): Promise<void> | null => {
  const { target, offering } = answer.attempt
  if (ids === undefined || ids.length === 0 || !answer.sameDialect || !target.keepsResponses) return null
  return deps.kept.remember({
    orgId: admission.caller.orgId,
    requestId: call.requestId,
    ids,
    keeper: { providerId: target.providerId, credentialId: offering.credential?.credentialId ?? null },
  })
}

const NO_BYTES = Buffer.alloc(0)

/** What a stream that has begun needs no more, and would keep for minutes. */
const letGo = ({ call, admission, answer }: RelayInput): void => {
  call.body = NO_BYTES
  if (call.large !== null) call.large = { ...call.large, bytes: NO_BYTES }
  if (answer.kind === 'stream') answer.attempt.beginText = ''
  admission.states = []
  admission.rates = []
}

const NO_CHUNKS: readonly ChatChunk[] = []
