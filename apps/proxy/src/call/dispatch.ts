import { isAscii } from 'node:buffer'
import { Readable } from 'node:stream'
import { carriesContent } from '@atpar/core/chat'
import { AppError, type ErrorCode } from '@atpar/core/errors'
import { parseJsonObject, type JsonObject } from '@atpar/core/json'
import type { TokenBounds } from '@atpar/core/hold-arithmetic'
import { isRetryable } from '@atpar/core/routing'
import type { Offering } from '@atpar/core/snapshot'
import type { CallerDialect, UpstreamTarget } from '@atpar/dialects/contract'
import { pathOfCall } from '@atpar/providers/upstream-call'
import type { Deps } from '../deps.ts'
import type { CachedAnswer } from '../answers/response-cache.ts'
import { beginWritten } from '../journal/journal.ts'
import { encodeBegin } from '../journal/record-text.ts'
import { MAX_ONE_WRITE_BYTES } from '../http/reply.ts'
import { createStreamFramer } from '../http/stream-framer.ts'
import { describeAttempt } from '../metering/describe-attempt.ts'
import { credibleUsage } from '../metering/credible-usage.ts'
import { createMeter } from '../metering/meter.ts'
import {
  FIRST_BYTE_TIMEOUT_MS,
  IDLE_TIMEOUT_MS,
  LOCAL_FIRST_BYTE_TIMEOUT_MS,
  MEDIA_FIRST_BYTE_TIMEOUT_MS,
  REASONING_FIRST_BYTE_TIMEOUT_MS,
  TOTAL_TIMEOUT_MS,
} from '../timeouts.ts'
import { AttemptFailure, failureOf, providerError, refusalOf } from '../upstream/attempt-failure.ts'
import { isInPieces, openPieces, type SentBody } from '../upstream/body-pieces.ts'
import { collectBody, type UpstreamBody, type UpstreamReply } from '../upstream/http.ts'
import { openPayload, prepareMedia } from '../media/prepare.ts'
import { readMedia } from '../media/try-media.ts'
import { prepareTask, readTaskAnswer, type PreparedTask } from '../tasks/exchange.ts'
import { isLargeExchange, prepareLargeTask, readLargeAnswer } from '../tasks/large-exchange.ts'
import type { Candidate } from '../upstream/candidates.ts'
import { targetFor, type ProviderTarget } from '../upstream/targets.ts'
import { encodeForProvider, listDropped, NONE_DROPPED } from '../upstream/encode-for-provider.ts'
import { passBetas, type PassedBetas } from '../upstream/pass-betas.ts'
import { refuseReserved } from '../upstream/refuse-reserved.ts'
import type {
  Admission,
  Answer,
  Attempt,
  FirstRecord,
  HeldFrame,
  IncomingCall,
  LostAttempt,
  Plan,
  PreparedMedia,
} from './call-context.ts'

interface DispatchInput {
  readonly call: IncomingCall
  readonly plan: Plan
  readonly admission: Admission
}

const MAX_ATTEMPTS = 3
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
/** Output limit for formats that demand one when neither the caller nor the catalogue names any. */
const FALLBACK_MAX_OUTPUT_TOKENS = 4_096

/** Step 4: try the candidates until one answers. Another one takes over only while the caller has seen no content. */
export const dispatch = async (deps: Deps, input: DispatchInput): Promise<Answer> => {
  const lost: LostAttempt[] = []
  /** Why a candidate could not even be begun. */
  let refused: AppError | null = null
  const deadlineMs = deps.clock.monotonicMs() + TOTAL_TIMEOUT_MS
  for (const offering of input.plan.candidates) {
    if (lost.length === MAX_ATTEMPTS) break
    const preparing = prepareCall(deps, input, offering)
    const prepared = preparing instanceof Promise ? await preparing : preparing
    if (prepared instanceof AppError) {
      refused ??= prepared
      if (prepared.code === 'unsupported_parameter') continue
      break
    }
    const record = recordAttempt(deps, input, { number: lost.length + 1, offering })
    let seq: number
    try {
      // What `beginWritten` does, without a promise of its own around the batch's: every request passes here.
      const begun = deps.journal.begin(record.text)
      seq = begun.seq
      await begun.written
    } catch (error) {
      refused = unrecorded(error)
      break
    }
    const attempt = begunAttempt(deps, record, {
      seq,
      offering,
      target: prepared.target,
      dropped: leftOutOf(prepared),
    })
    try {
      const answer = await tryAttempt(deps, input, { attempt, lost, deadlineMs, prepared })
      deps.health.recordSuccess(offering.breakerId)
      if (offering.credential !== null) deps.credentials.noteServed(offering.credential)
      return answer
    } catch (error) {
      const failure = failureOf(error, attempt)
      if (failure.appError.code === 'internal_error')
        deps.log.error('attempt-failed', {
          requestId: input.call.requestId,
          offeringId: offering.id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        })
      if (offering.credential !== null)
        deps.credentials.noteFailure(offering.credential, { code: failure.appError.code, status: failure.status })
      deps.health.recordFailure(offering.breakerId, {
        code: failure.appError.code,
        connect: failure.connect,
        retryAfterMs: failure.retryAfterMs,
      })
      lost.push({
        attempt,
        error: failure.appError,
        outcome: outcomeOf(failure.appError.code),
        endedAtMs: deps.clock.nowMs(),
        httpStatus: failure.status,
        providerRequestId: failure.providerRequestId,
      })
      if (!isRetryable(failure.appError.code) || input.call.reply.isGone()) break
    }
  }
  return { kind: 'failed', lost, error: finalError(lost, refused) }
}

/** Step 4 of a request whose answer was kept: an attempt of the record, which asks nobody. */
export const dispatchKept = async (
  deps: Deps,
  input: DispatchInput,
  { offering, answer }: CachedAnswer,
): Promise<Answer> => {
  const record = recordAttempt(deps, input, { number: 1, offering })
  try {
    const seq = await beginWritten(deps.journal, record.text)
    const attempt = begunAttempt(deps, record, { seq, offering, target: offering.target, dropped: NONE_DROPPED })
    return { kind: 'cached', attempt, recorded: answer }
  } catch (error) {
    return { kind: 'failed', lost: [], error: unrecorded(error) }
  }
}

const outcomeOf = (code: ErrorCode): LostAttempt['outcome'] =>
  code === 'upstream_timeout' ? 'upstream_timeout' : code === 'internal_error' ? 'gateway_error' : 'upstream_error'

interface PreparedChat {
  readonly kind: 'chat'
  readonly caller: CallerDialect
  readonly target: ProviderTarget
  readonly path: string
  readonly body: SentBody
  /** Beside the target's own; null for nearly all. */
  readonly headers: Readonly<Record<string, string>> | null
  readonly dropped: readonly string[]
}

type PreparedCall = PreparedChat | PreparedTask | PreparedMedia

/** The request in the provider's format; an error when that format cannot say what the caller said. Nothing is begun by it. */
const prepareCall = (
  deps: Deps,
  { call, admission }: DispatchInput,
  offering: Candidate,
): PreparedCall | AppError | Promise<PreparedCall | AppError> => {
  const target = call.kind === 'chat' ? targetFor(offering.target, call.dialect.id) : offering.target
  const upstreamTarget: UpstreamTarget = {
    upstreamModel: offering.upstreamModel,
    stream: call.facts.stream,
    clampOutputTokens:
      admission.clampTokens === null ? null : Math.floor(admission.clampTokens / Math.max(1, call.facts.choices)),
    defaultMaxOutputTokens: Math.min(
      offering.maxOutputTokens ?? FALLBACK_MAX_OUTPUT_TOKENS,
      FALLBACK_MAX_OUTPUT_TOKENS,
    ),
    maxOutputField: target.maxOutputField,
    ...(target.quirks === undefined ? {} : { quirks: target.quirks }),
    reasoning: call.snapshot.models.get(offering.modelId)?.reasoning === true,
    keepsResponses: target.keepsResponses,
  }
  try {
    if (call.kind === 'task')
      return call.large === null
        ? prepareTask(call, offering)
        : prepareLargeTask(deps.largeBodies, call, offering).catch(refusalToPrepare)
    if (call.kind === 'media') return prepareMedia(call, offering)
    if (call.kind === 'realtime') throw new TypeError('a conversation in sound has a connection of its own')
    const isSame = target.dialect.id === call.dialect.id
    const refused = isSame ? refuseReserved(call.facts.reserved, call.json, offering) : null
    if (refused !== null) return refused
    const path = pathOfCall(target, target.dialect.path(upstreamTarget), offering.upstreamModel)
    const betas = call.betas === null ? null : passBetas(call.betas, isSame ? (target.betas ?? NO_BETAS) : null)
    const prepared = { kind: 'chat' as const, caller: call.dialect, target, path, headers: betas?.headers ?? null }
    const how = {
      to: target.dialect.id,
      target: upstreamTarget,
      missing: offering.missing,
      offeringId: offering.id,
      provider: target.displayName,
    }
    if (call.large !== null)
      return deps.largeBodies
        .write({ ...call.large, dialect: call.dialect.id }, how)
        .then(
          ({ pieces, dropped }) => ({ ...prepared, body: pieces, dropped: withBetas(dropped, betas) }),
          refusalToPrepare,
        )
    const encoded = encodeForProvider({ bytes: call.body, json: call.json, dialect: call.dialect.id }, how)
    return { ...prepared, body: encoded.body, dropped: withBetas(encoded.dropped, betas) }
  } catch (error) {
    return refusalToPrepare(error)
  }
}

const NO_BETAS: readonly string[] = []

const withBetas = (dropped: readonly string[], betas: PassedBetas | null): readonly string[] =>
  betas === null || betas.dropped.length === 0 ? dropped : [...dropped, ...betas.dropped]

/** Some of the names are the caller's own words, and they go into a header. */
const leftOutOf = (prepared: PreparedCall): readonly string[] => {
  const { dropped } = prepared.kind === 'media' ? prepared.upstream : prepared
  return dropped.length === 0 ? NONE_DROPPED : listDropped(dropped)
}

/** The hold stands already: whatever goes wrong here has to come back as an answer, or nobody would release it. */
const refusalToPrepare = (error: unknown): AppError =>
  error instanceof AppError ? error : new AppError('internal_error', { cause: error })

/** What is written down before an attempt is sent. */
const recordAttempt = (
  deps: Deps,
  { call, plan, admission }: DispatchInput,
  which: Pick<Attempt, 'number' | 'offering'>,
): FirstRecord => {
  const told = takeFirst(admission, which)
  if (told !== null) return told
  const { caller, tags, leaseNumber, hold } = admission
  const begin = describeAttempt({ caller, call, plan, holdPusd: hold.pusd, tags, leaseNumber }, which)
  const text = encodeBegin(begin)
  if (which.number > 1) deps.quota.note(caller.orgId, admission.holdId, text)
  return { begin, text }
}

const begunAttempt = (
  deps: Deps,
  { begin, text }: FirstRecord,
  { seq, offering, target, dropped }: Pick<Attempt, 'seq' | 'offering' | 'target' | 'dropped'>,
): Attempt => ({
  number: begin.attempt,
  offering,
  target,
  dropped,
  begin,
  beginText: text,
  seq,
  dispatchedAtMs: deps.clock.nowMs(),
})

/** Money that cannot be recorded may not be spent. */
const unrecorded = (cause: unknown): AppError =>
  new AppError('overloaded', {
    message: 'This instance cannot record usage right now, so the request was not sent. Try again in a moment.',
    metadata: { retryAfterSeconds: 5 },
    cause,
  })

/** What the hold was told of this attempt, where that is still so: the plan may have been left for another offering, the hold may have grown. */
const takeFirst = (
  admission: Admission,
  { number, offering }: { readonly number: number; readonly offering: Candidate },
): FirstRecord | null => {
  const { first } = admission
  admission.first = null
  return first !== null &&
    number === 1 &&
    first.begin.offeringId === offering.id &&
    first.begin.estimatePusd === admission.hold.pusd
    ? first
    : null
}

interface TryInput {
  readonly prepared: PreparedCall
  readonly attempt: Attempt
  readonly lost: readonly LostAttempt[]
  readonly deadlineMs: number
}

const tryAttempt = async (
  deps: Deps,
  { call, admission }: DispatchInput,
  { attempt, lost, deadlineMs, prepared }: TryInput,
): Promise<Answer> => {
  const { target, path } = prepared
  const { body, headers: own } =
    prepared.kind === 'media'
      ? openPayload(prepared)
      : isInPieces(prepared.body)
        ? openPieces(prepared.body)
        : { body: prepared.body, headers: null }
  const sent = prepared.kind === 'media' ? (body instanceof Readable ? null : body) : prepared.body
  const asked = prepared.kind === 'chat' ? prepared.headers : null
  // What is read from disk goes to nobody who signs bodies.
  const signed = target.sign === null ? null : await target.sign({ method: 'POST', path, body: sent })
  const further = asked === null && own === null && signed === null ? null : { ...asked, ...own, ...signed }
  const headers: Record<string, string> = further === null ? { ...target.headers } : { ...target.headers, ...further }
  headers['x-client-request-id'] = `${call.requestId}-${attempt.number}`
  const reply = await deps.upstream.send({
    origin: target.origin,
    path,
    headers,
    body,
    publicOnly: target.publicOnly,
    firstByteTimeoutMs: firstByteTimeout(call, target.local, attempt.offering),
    idleTimeoutMs: IDLE_TIMEOUT_MS,
  })
  const providerRequestId = readProviderRequestId(reply)
  if (reply.status !== 200)
    throw await refusalOf(reply, attempt, {
      providerRequestId,
      sent: { headers, body: sent },
    })
  const served = { attempt, lost, providerRequestId }
  if (prepared.kind === 'chat' && !call.facts.stream) {
    const bytes = reply.body.takeWhole(MAX_ANSWER_BYTES)
    if (bytes !== null) return readWhole(deps, prepared, { served, bytes, worst: admission.worst })
  }
  const forgetDeadline = deps.deadlines.add(deadlineMs, () => reply.body.abort())
  if (prepared.kind === 'chat' && call.facts.stream)
    return await readUntilContent(deps, reply.body, { ...served, ...chatFacts(prepared), forgetDeadline })
  if (prepared.kind === 'media')
    return await readMedia(deps, { prepared, reply, ...served, worst: admission.worst, forgetDeadline })
  let bytes: Buffer
  try {
    bytes = await collectBody(reply.body, MAX_ANSWER_BYTES, lengthOf(reply))
  } finally {
    forgetDeadline()
  }
  if (prepared.kind === 'chat') return readWhole(deps, prepared, { served, bytes, worst: admission.worst })
  if (isLargeExchange(prepared, bytes)) {
    const large = { prepared, answer: bytes, modelId: attempt.offering.modelId, worst: admission.worst }
    const read = await readLargeAnswer(deps.largeBodies, large)
    return { kind: 'task', ...served, ...read, firstByteAtMs: deps.clock.nowMs() }
  }
  const read = readTaskAnswer(
    parseAnswer(bytes.toString('utf8'), attempt, providerRequestId),
    prepared,
    admission.worst,
  )
  return { kind: 'task', ...served, ...read, bytes, firstByteAtMs: deps.clock.nowMs() }
}

interface WholeInput {
  readonly served: Pick<ServedBase, 'attempt' | 'lost' | 'providerRequestId'>
  readonly bytes: Buffer
  readonly worst: TokenBounds
}

/** @throws AttemptFailure for what is no answer: another candidate may have one. */
const readWhole = (
  deps: Deps,
  prepared: PreparedChat,
  { served: { attempt, lost, providerRequestId }, bytes, worst }: WholeInput,
): Answer => {
  const wire = bytes.length <= MAX_ONE_WRITE_BYTES ? bytes.toString('latin1') : null
  const json = parseAnswer(wire !== null && isAscii(bytes) ? wire : bytes.toString('utf8'), attempt, providerRequestId)
  const { sameDialect, caller } = chatFacts(prepared)
  const { target } = prepared
  const told = target.dialect.readOutcome(json)
  const usage = credibleUsage({ usage: told.usage, hasContent: told.hasContent, worst })
  return {
    kind: 'whole',
    attempt,
    lost,
    providerRequestId,
    sameDialect,
    caller,
    bytes,
    wire,
    json,
    // Also read when the provider reports no usage, for the text.
    decoded: sameDialect && usage !== null ? null : target.dialect.decodeResponse(json),
    usage,
    servedModel: told.servedModel,
    serviceTier: told.serviceTier,
    hasContent: told.hasContent,
    keptIds: told.keptIds,
    firstByteAtMs: deps.clock.nowMs(),
  }
}

/** As its provider tells it: a hint and no bound. */
const lengthOf = ({ headers }: UpstreamReply): number =>
  Math.min(Number(headers['content-length'] ?? 0) || 0, MAX_ANSWER_BYTES)

const chatFacts = ({
  caller,
  target,
}: PreparedChat): { readonly sameDialect: boolean; readonly caller: CallerDialect } => ({
  sameDialect: target.dialect.id === caller.id,
  caller,
})

const firstByteTimeout = (call: IncomingCall, local: boolean, offering: Offering): number => {
  if (local) return LOCAL_FIRST_BYTE_TIMEOUT_MS
  if (call.kind === 'media') return MEDIA_FIRST_BYTE_TIMEOUT_MS
  // A whole answer has no byte before its last token, so it gets the longer deadline too.
  const reasoning = call.snapshot.models.get(offering.modelId)?.reasoning === true
  return reasoning || !call.facts.stream ? REASONING_FIRST_BYTE_TIMEOUT_MS : FIRST_BYTE_TIMEOUT_MS
}

const PROVIDER_REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'x-goog-request-id', 'x-amzn-requestid', 'cf-ray']
const readProviderRequestId = (reply: UpstreamReply): string | null => {
  for (const name of PROVIDER_REQUEST_ID_HEADERS) {
    const value = reply.headers[name]
    if (typeof value === 'string') return value.slice(0, 200)
  }
  return null
}

const parseAnswer = (text: string, attempt: Attempt, providerRequestId: string | null): JsonObject => {
  const json = parseJsonObject(text)
  if (json === null)
    throw new AttemptFailure(providerError('upstream_malformed', attempt, {}), { status: 200, providerRequestId })
  return json
}

interface ServedBase {
  readonly caller: CallerDialect
  readonly attempt: Attempt
  readonly lost: readonly LostAttempt[]
  readonly sameDialect: boolean
  readonly providerRequestId: string | null
  readonly forgetDeadline: () => void
}

/** Holds back role-only and empty events, so that a stream which dies before its first word can still be served by another offering. */
const readUntilContent = (deps: Deps, body: UpstreamBody, served: ServedBase): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { dialect } = served.attempt.target
    const framer = createStreamFramer(dialect.framing)
    const decoder = dialect.openStream()
    const meter = createMeter()
    const held: HeldFrame[] = []
    const { attempt, providerRequestId } = served
    const fail = (code: ErrorCode, cause?: unknown): void => {
      body.abort()
      served.forgetDeadline()
      reject(new AttemptFailure(providerError(code, attempt, { cause }), { status: 200, providerRequestId }))
    }
    body.read({
      onData: (bytes) => {
        let committed = false
        for (const frame of framer.push(bytes)) {
          const event = framer.read(frame)
          const chunks = event === null ? [] : decoder.push(event)
          for (const chunk of chunks) {
            meter.add(chunk)
            committed ||= carriesContent(chunk) || chunk.type === 'finish'
          }
          held.push({ bytes: frame, chunks })
        }
        const inBand = meter.inBandError()
        if (inBand !== null && !meter.hasContent()) fail('upstream_failed', inBand)
        else if (committed || decoder.finished) {
          body.detach()
          resolve({ kind: 'stream', ...served, body, framer, decoder, meter, held, firstByteAtMs: deps.clock.nowMs() })
        }
      },
      onEnd: () => fail('upstream_malformed'),
      onError: (error) => {
        served.forgetDeadline()
        reject(failureOf(error, attempt))
      },
    })
  })

/** The last failure as the caller sees it, with the ones before it. */
const finalError = (lost: readonly LostAttempt[], refused: AppError | null): AppError => {
  const last = lost.at(-1)
  if (last === undefined) return refused ?? new AppError('no_provider_available')
  const previous = lost.slice(0, -1)
  if (previous.length === 0) return last.error
  return new AppError(last.error.code, {
    message: last.error.message,
    metadata: {
      ...last.error.metadata,
      previousErrors: previous.map((each) => ({
        provider: each.attempt.offering.providerId,
        code: each.error.code,
        status: each.httpStatus,
      })),
    },
    cause: last.error,
  })
}
