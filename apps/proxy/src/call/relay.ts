import type { OutgoingHttpHeaders } from 'node:http'
import type { ChatResponse } from '@atpar/core/chat'
import { spliceJson, type JsonEdit } from '@atpar/core/json-splice'
import { spliceWire } from '@atpar/core/json-wire'
import type { Deps } from '../deps.ts'
import { LARGE_BODY_BYTES } from '../http/growing-buffer.ts'
import { namedHeaders, type HeaderList } from '../http/reply.ts'
import type { Admission, Answer, IncomingCall, Outcome, Receipt } from './call-context.ts'
import { relayStream } from './relay-stream.ts'
import { replay } from '../answers/recorder.ts'
import { describeHit, outcomeOfHit } from '../answers/response-cache.ts'
import type { AnswerGuard } from '../guarding/answer-guard.ts'
import { guardWhole, sendProblem } from '../guarding/guard-whole.ts'
import { relayMedia } from '../media/relay-media.ts'
import { relayMediaStream } from '../media/relay-media-stream.ts'
import { rememberKept } from '../kept/remember-kept.ts'
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

/** Step 5: the answer back to the caller, metered as it flows, settled before its last byte. @throws the error of a call that no candidate answered. */
export const relay = (deps: Deps, input: RelayInput, settle: Settle): Promise<void> => {
  const { call, answer } = input
  switch (answer.kind) {
    case 'failed':
      return settle({ kind: 'failed', lost: answer.lost }).then(() => {
        throw answer.error
      })
    case 'whole':
      return relayWhole(
        deps,
        { call, admission: input.admission, answer, answers: input.answers, headers: listAnswer(input) },
        settle,
      )
    case 'cached':
      return relayCached(deps, call, answer, settle)
    case 'task':
      return relayTask(deps, { answer, headers: listAnswer(input) }, settle)
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

/** Who answered. */
const listAnswer = ({ call, admission, answer }: RelayInput): HeaderList => {
  if (answer.kind === 'failed' || answer.kind === 'cached') return []
  const { number, dropped, offering } = answer.attempt
  const headers = ['x-request-id', call.requestId, 'x-generation-id', call.requestId]
  headers.push('x-atpar-provider', offering.providerId, 'x-atpar-model', offering.modelId)
  headers.push('x-atpar-attempts', `${number}`)
  if (dropped.length > 0) headers.push('x-atpar-dropped', dropped.join(', '))
  const { retiresOn, successorId } = offering
  if (retiresOn) headers.push('x-atpar-retires', retiresOn)
  if (retiresOn && successorId) headers.push('x-atpar-successor', successorId)
  if (admission.clampTokens !== null) headers.push('x-atpar-clamped', `${admission.clampTokens}`)
  return headers
}

const describeAnswer = (input: RelayInput): OutgoingHttpHeaders => namedHeaders(listAnswer(input))

interface RelayWholeInput {
  readonly call: IncomingCall
  readonly admission: Admission
  readonly answer: WholeAnswer
  readonly answers: AnswerGuard | null
  readonly headers: HeaderList
}

const relayWhole = async (
  deps: Deps,
  { call, admission, answer, answers, headers }: RelayWholeInput,
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
    sendProblem(call, guarded.problem, namedHeaders(headers))
    return
  }
  if (answer.sameDialect || decoded === null) {
    const edits = answer.caller.costEdits(receipt.costUsd, 'answer')
    const wire = guarded === null && answer.wire !== null ? spliceWire(answer.wire, answer.json, edits) : null
    if (wire !== null) call.reply.sendWire(200, [...headers, 'content-type', 'application/json'], wire)
    else sendJson(call, headers, spliceJson(guarded === null ? answer.bytes : guarded.bytes, edits, Buffer.allocUnsafe))
    return
  }
  const body = answer.caller.encodeResponse(decoded, {
    generationId: call.requestId,
    model: answer.attempt.offering.modelId,
    createdAtMs: call.startedAtMs,
    costUsd: receipt.costUsd,
    request: call.json,
  })
  sendJson(call, headers, JSON.stringify(body))
}

const sendJson = (call: IncomingCall, headers: HeaderList, body: Uint8Array | string): void =>
  call.reply.sendWhole(200, { ...namedHeaders(headers), 'content-type': 'application/json' }, body)

interface RelayTaskInput {
  readonly answer: TaskAnswerRead
  readonly headers: HeaderList
}

/** An answer that is no chat: settled, then sent, as it came or in the caller's format. */
const relayTask = async (deps: Deps, { answer, headers }: RelayTaskInput, settle: Settle): Promise<void> => {
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
  sendJson(call, headers, body)
}

/** Thousands of vectors take long to walk through. */
const priceAnswer = (deps: Deps, bytes: Buffer, edits: readonly JsonEdit[]): Uint8Array | Promise<Uint8Array> =>
  bytes.length > LARGE_BODY_BYTES ? deps.largeBodies.splice(bytes, edits) : spliceJson(bytes, edits, Buffer.allocUnsafe)

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

const NO_BYTES = Buffer.alloc(0)

/** What a stream that has begun needs no more, and would keep for minutes. */
const letGo = ({ call, admission, answer }: RelayInput): void => {
  call.body = NO_BYTES
  if (call.large !== null) call.large = { ...call.large, bytes: NO_BYTES }
  if (answer.kind === 'stream') answer.attempt.beginText = ''
  admission.states = []
  admission.rates = []
}
