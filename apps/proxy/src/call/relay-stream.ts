import type { OutgoingHttpHeaders } from 'node:http'
import type { ChatChunk } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { AttemptOutcome } from '@atpar/core/usage-event'
import type { Deps } from '../deps.ts'
import { convert, passThrough, type StreamWriter } from '../http/stream-writer.ts'
import { DRAIN_TIMEOUT_MS } from '../timeouts.ts'
import type { Admission, Answer, HeldFrame, IncomingCall, Outcome, Receipt } from './call-context.ts'
import type { AnswerGuard } from '../guarding/answer-guard.ts'
import { guardWriter, type GuardedWriter } from '../guarding/guarded-writer.ts'
import { watchSpending, type SpendingWatch } from '../holds/watch-spending.ts'
import { rememberKept } from '../kept/remember-kept.ts'
import { credibleUsage } from '../metering/credible-usage.ts'
import type { BodySink } from '../upstream/http.ts'

type StreamAnswer = Extract<Answer, { kind: 'stream' }>

interface RelayStreamInput {
  readonly call: IncomingCall
  readonly admission: Admission
  readonly answer: StreamAnswer
  /** Null when the answer is not looked through: nearly always. */
  readonly answers: AnswerGuard | null
  readonly headers: OutgoingHttpHeaders
}

/** A stream to the caller as it comes, no faster than it reads. Its last bytes wait for the bill. */
export const relayStream = (
  deps: Deps,
  input: RelayStreamInput,
  settle: (outcome: Outcome) => Promise<Receipt>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    new StreamRelay(deps, input, { settle, resolve, reject }).start(input.headers)
  })

/** What becomes of the relay. */
interface Ends {
  readonly settle: (outcome: Outcome) => Promise<Receipt>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** A class because thousands of streams hold one each: as closures its methods took a kilobyte of every stream. */
class StreamRelay implements BodySink {
  readonly #deps: Deps
  readonly #call: IncomingCall
  readonly #admission: Admission
  readonly #answer: StreamAnswer
  readonly #ends: Ends
  readonly #guarded: GuardedWriter | null
  readonly #writer: StreamWriter
  readonly #watch: SpendingWatch | null
  #ended = false
  /** The caller was told that no more of the answer comes; what it costs may still be on its way. */
  #withheld: AppError | null = null
  /** Ended by us, and only the words for it are outstanding. */
  #isCut = false
  #cutAtMs = 0
  #isCallerFull = false
  #isSpent = false
  #drainTimer: NodeJS.Timeout | undefined

  constructor(deps: Deps, { call, admission, answer, answers }: RelayStreamInput, ends: Ends) {
    this.#deps = deps
    this.#call = call
    this.#admission = admission
    this.#answer = answer
    this.#ends = ends
    this.#guarded = answers === null ? null : guardWriter(convert(call, answer), answers)
    this.#writer = this.#guarded ?? (answer.sameDialect ? passThrough(call, answer) : convert(call, answer))
    this.#watch = watchSpending(deps, {
      call,
      admission,
      answer,
      onGranted: () => this.#goOn(),
      onCut: (cause) => this.#cut(cause),
    })
  }

  start(headers: OutgoingHttpHeaders): void {
    const { reply } = this.#call
    const { body, held } = this.#answer
    reply.startStream(headers)
    reply.onDrain(() => {
      this.#isCallerFull = false
      if (!this.#isSpent) body.resume()
    })
    // Taken out: the frames are slices of read buffers, and the answer lives as long as its stream.
    for (const frame of held.splice(0)) this.#forward(frame)
    if (this.#guarded !== null) this.#withholdIfBlocked(this.#guarded)
    reply.onGone(() => {
      if (this.#ended || this.#isCut) return
      this.#isCallerFull = false
      this.#drainOrEnd()
    })
    if (!this.#ended) body.read(this)
  }

  onData(bytes: Buffer): void {
    if (this.#ended || this.#isCut) return
    try {
      this.#relayBytes(bytes)
    } catch (cause) {
      // A bug of ours must not leave an attempt without its terminal event, nor the caller without an end.
      this.#deps.log.error('relay-failed', {
        requestId: this.#call.requestId,
        error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
      })
      this.#answer.body.abort()
      this.#finish('gateway_error', new AppError('internal_error', { cause }))
    }
  }

  onEnd(): void {
    if (this.#isCut) return
    const isGone = this.#call.reply.isGone()
    if (this.#answer.decoder.finished) this.#finish(isGone ? 'client_abort' : 'ok', null)
    else this.#finish(isGone ? 'client_abort' : 'upstream_error', this.#interrupted())
  }

  onError(error: Error): void {
    if (this.#isCut) return
    // Some providers leave the connection open after their last event.
    if (this.#answer.decoder.finished) {
      this.#finish('ok', null)
      return
    }
    const timedOut = 'code' in error && error.code === 'UND_ERR_BODY_TIMEOUT'
    this.#finish(
      this.#call.reply.isGone() ? 'client_abort' : timedOut ? 'upstream_timeout' : 'upstream_error',
      new AppError(timedOut ? 'upstream_timeout' : 'stream_interrupted', {
        metadata: { provider: this.#answer.attempt.offering.providerId },
        cause: error,
      }),
    )
  }

  #relayBytes(bytes: Buffer): void {
    const { framer, decoder, meter, body } = this.#answer
    for (const frame of framer.push(bytes)) {
      const event = framer.read(frame)
      const chunks = event === null ? NO_CHUNKS : decoder.push(event)
      for (const chunk of chunks) meter.add(chunk)
      this.#forward({ bytes: frame, chunks })
    }
    if (this.#guarded !== null) this.#withholdIfBlocked(this.#guarded)
    if (this.#watch !== null) this.#keepWatch(this.#watch)
    const inBand = meter.inBandError()
    if (inBand === null) return
    body.abort()
    this.#finish('upstream_error', this.#interrupted(inBand.code === null ? {} : { providerCode: inBand.code }))
  }

  #forward(frame: HeldFrame): void {
    if (this.#withheld !== null) return
    const out = this.#writer.write(frame)
    if (out === null || this.#call.reply.write(out) || this.#isCallerFull) return
    this.#isCallerFull = true
    this.#answer.body.pause()
  }

  #interrupted(more: Readonly<Record<string, string>> = {}): AppError {
    return new AppError('stream_interrupted', {
      metadata: { provider: this.#answer.attempt.offering.providerId, ...more },
    })
  }

  #finish(how: AttemptOutcome, problem: AppError | null): void {
    if (this.#ended) return
    if (this.#guarded !== null) this.#lookAtRest(this.#guarded)
    this.#ended = true
    clearTimeout(this.#drainTimer)
    const { attempt, lost, meter, decoder, providerRequestId, firstByteAtMs, forgetDeadline } = this.#answer
    forgetDeadline()
    const error = this.#withheld ?? problem
    const remembered = rememberKept(this.#deps, {
      call: this.#call,
      answer: this.#answer,
      ids: decoder.keptIds,
      admission: this.#admission,
    })
    const outcome: Outcome = {
      kind: 'served',
      attempt,
      lost,
      // Whatever became of the rest: the caller got what it was to get.
      outcome: this.#withheld === null ? how : 'ok',
      usage: credibleUsage({ usage: meter.usage(), worst: this.#admission.worst, hasContent: meter.hasContent() }),
      usageIsFinal: meter.usageIsFinal(),
      deliveredText: meter.deliveredText(),
      deliveredCharacters: meter.characters(),
      hasContent: meter.hasContent(),
      servedModel: meter.servedModel(),
      serviceTier: decoder.serviceTier,
      providerRequestId,
      firstByteAtMs,
      endedAtMs: this.#deps.clock.nowMs(),
      error,
    }
    this.#ends
      .settle(outcome)
      .then(
        (receipt) =>
          remembered === null ? this.#close(receipt, error) : remembered.then(() => this.#close(receipt, error)),
        this.#ends.reject,
      )
  }

  #close(receipt: Receipt, error: AppError | null): void {
    const writer = this.#writer
    const isTold = this.#isCut || this.#withheld !== null
    const last = error === null ? writer.end(receipt) : isTold ? null : writer.fail(error)
    this.#call.reply.end(last ?? '')
    if (this.#isCut) this.#deps.metrics.recordCut(this.#deps.clock.monotonicMs() - this.#cutAtMs)
    this.#ends.resolve()
  }

  #lookAtRest(guard: GuardedWriter): void {
    const { reply } = this.#call
    const rest = guard.rest()
    if (this.#withheld === null && !this.#isCut && rest !== null) reply.write(rest)
    const problem = guard.problem()
    if (this.#withheld !== null || problem === null) return
    this.#withheld = problem
    if (!this.#isCut) reply.write(this.#writer.fail(problem))
  }

  /** The caller hears of it at once. What was written so far is billed, and what the provider bills to the end is read to the end. */
  #withholdIfBlocked(guard: GuardedWriter): void {
    const problem = guard.problem()
    if (problem === null || this.#withheld !== null || this.#isCut) return
    this.#withheld = problem
    this.#call.reply.write(this.#writer.fail(problem))
    this.#isCallerFull = false
    this.#drainOrEnd()
  }

  /** The provider of a stream that nobody reads any more. */
  #drainOrEnd(): void {
    const { body, attempt } = this.#answer
    const end = (): void => {
      body.abort()
      this.#finish('client_abort', null)
    }
    if (attempt.target.cancelPolicy !== 'drain') {
      end()
      return
    }
    // The provider runs on and bills to the end whatever we do, so its own count is worth waiting for.
    if (!this.#isSpent) body.resume()
    clearTimeout(this.#drainTimer)
    this.#drainTimer = setTimeout(end, DRAIN_TIMEOUT_MS)
  }

  /** The caller hears of it at once; the bill, which may need a count of what was delivered, follows before the end. */
  #cut(cause: Promise<AppError>): void {
    if (this.#ended || this.#isCut) return
    if (this.#withheld !== null) {
      this.#answer.body.abort()
      this.#finish('budget_cut', null)
      return
    }
    this.#isCut = true
    this.#answer.body.abort()
    this.#cutAtMs = this.#deps.clock.monotonicMs()
    cause.then((error) => {
      this.#call.reply.write(this.#writer.fail(error))
      this.#finish('budget_cut', error)
    }, this.#ends.reject)
  }

  #keepWatch(watch: SpendingWatch): void {
    if (watch.look()) return
    this.#isSpent = true
    this.#answer.body.pause()
  }

  /** More was put aside. */
  #goOn(): void {
    this.#isSpent = false
    if (this.#watch !== null) this.#keepWatch(this.#watch)
    if (!this.#isSpent && !this.#isCallerFull) this.#answer.body.resume()
  }
}

const NO_CHUNKS: readonly ChatChunk[] = []
