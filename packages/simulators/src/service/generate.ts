import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

import type { BookEntry } from '../books.ts'
import { directiveOfModel, directiveOfText, type Directive } from '../directives.ts'
import { makeAnswer } from '../generate/answer.ts'
import type { WireFormat } from '../generate/wire-format.ts'
import { paceOf } from '../pace.ts'
import { describeStatus, Refusal } from '../refusal.ts'
import type { Prepared } from './answer-memo.ts'
import type { Delivery, Exchange, SimulatorContext } from './context.ts'
import { deliverBody, hangBeforeAnswer, resetBeforeAnswer } from './deliver-body.ts'
import { deliverStream } from './deliver-stream.ts'
import { parseJson } from './parse-json.ts'
import { sendRefusal } from './send.ts'
import { settleUnbilled } from './settle-books.ts'

/** The route's share of a generation call: its format, and what the path already says. */
export interface GenerationTarget {
  format: WireFormat
  model: string | null
  streamed: boolean
  checkKey: (exchange: Exchange) => void
}

/** Answers one generation call and keeps the provider's books about it. */
export function generate(context: SimulatorContext, exchange: Exchange, target: GenerationTarget): void {
  const { books, faults } = context
  const { provider, requestId, endpoint, request } = exchange
  const callerRequestId = request.headers['x-client-request-id']
  const entry = books.begin({
    provider: provider.id,
    providerRequestId: requestId,
    endpoint,
    callerRequestId: typeof callerRequestId === 'string' ? callerRequestId : null,
    keySha256: hashKey(request.headers),
  })
  try {
    target.checkKey(exchange)
    const prepared = prepare(context, exchange, target)
    noteRequest(entry, prepared)
    const fault = faults.take(provider.id, prepared.request.model)
    const directive = fault === undefined ? prepared.directive : { ...prepared.directive, ...fault }
    const answer = fault === undefined ? prepared.answer : makeAnswer(prepared.request, directive, provider)
    deliver(
      {
        exchange,
        format: target.format,
        answer,
        envelope: { provider, request: prepared.request, directive, requestId, startedAt: exchange.startedAt },
        pace: paceOf(directive, context.pace),
        books,
        entry,
      },
      directive,
    )
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    refuse({ exchange, format: target.format, books, entry }, error)
  }
}

function prepare(context: SimulatorContext, exchange: Exchange, target: GenerationTarget): Prepared {
  const text = exchange.body.toString()
  const key = `${exchange.endpoint} ${text}`
  const known = context.memo.find(key)
  if (known !== undefined) return known
  const { provider } = exchange
  const read = target.format.readRequest(parseJson(text), {
    provider,
    model: target.model,
    streamed: target.streamed,
  })
  const { conversations } = target.format
  const request = conversations?.recall(read, exchange.responses) ?? read
  if (request.model.startsWith('missing-')) {
    throw new Refusal(404, `The model \`${request.model}\` does not exist or you do not have access to it.`, {
      code: 'model_not_found',
    })
  }
  const directive = { ...directiveOfText(request.lastUserText), ...directiveOfModel(request.model) }
  const prepared = { request, directive, answer: makeAnswer(request, directive, provider) }
  if (conversations?.isGoingOn(request) !== true) context.memo.keep(key, prepared)
  return prepared
}

function noteRequest(entry: BookEntry, { request }: Prepared): void {
  Object.assign(entry, { model: request.model, streamed: request.streamed, unknownFields: request.unknownFields })
}

function deliver(delivery: Delivery, directive: Directive): void {
  if (directive.hang === 'before') {
    hangBeforeAnswer(delivery)
    return
  }
  if (directive.reset_after === 0) {
    resetBeforeAnswer(delivery)
    return
  }
  const isStreamed = delivery.envelope.request.streamed
  const status = directive.status ?? (directive.error_after === undefined ? undefined : 500)
  if (status !== undefined && !(isStreamed && directive.error_after !== undefined)) {
    refuseLater(delivery, status)
    return
  }
  const kept = delivery.format.conversations?.keep(delivery.answer, delivery.envelope) ?? null
  if (kept !== null) delivery.exchange.responses.keep(kept)
  if (isStreamed) deliverStream(delivery)
  else deliverBody(delivery)
}

/** An error that was asked for comes after the pause before the first byte. */
function refuseLater(delivery: Delivery, status: number): void {
  const { pace, exchange, envelope } = delivery
  const wait = envelope.directive.retry_after
  const refusal = new Refusal(status, describeStatus(status), wait === undefined ? {} : { retryAfterSeconds: wait })
  if (pace.firstTokenDelayMs === 0) {
    refuse(delivery, refusal)
    return
  }
  const timer = setTimeout(() => {
    exchange.response.off('close', onClose)
    refuse(delivery, refusal)
  }, pace.firstTokenDelayMs)
  function onClose(): void {
    clearTimeout(timer)
    settleUnbilled(delivery, { ending: 'client_aborted', status: null })
  }
  exchange.response.once('close', onClose)
}

function refuse(delivery: Pick<Delivery, 'exchange' | 'format' | 'books' | 'entry'>, refusal: Refusal): void {
  settleUnbilled(delivery, { ending: 'error', status: refusal.status })
  sendRefusal(delivery.exchange, delivery.format, refusal)
}

/** Wherever the provider's format puts it. */
function hashKey(headers: IncomingHttpHeaders): string | null {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const key = headers['x-api-key'] ?? headers['x-goog-api-key'] ?? headers['api-key'] ?? bearer
  return typeof key === 'string' ? createHash('sha256').update(key).digest('hex') : null
}
