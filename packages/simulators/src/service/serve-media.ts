import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

import { NO_USAGE, type BookEntry, type BookUsage, type BookEnding } from '../books.ts'
import { directiveOfModel, directiveOfText, type Directive } from '../directives.ts'
import type { WireFormat } from '../generate/wire-format.ts'
import { paceOf } from '../pace.ts'
import { describeStatus, Refusal } from '../refusal.ts'
import type { Exchange, SimulatorContext } from './context.ts'
import { sendRefusal } from './send.ts'

/** A picture or a sound, made whole before its first byte is sent. */
export interface MediaAnswer {
  contentType: string
  headers?: Record<string, string>
  /** More than one: written one after another, without a length. */
  pieces: readonly (string | Buffer)[]
  /** What the whole answer is billed for. */
  usage: Partial<BookUsage>
  /** Whether the caller is told of it. */
  tellsUsage: boolean
}

/** A request as read: which model, and where a directive may stand. */
export interface MediaRequest {
  model: string
  words: string
  streamed: boolean
  unknownFields?: readonly string[]
  makeAnswer: (directive: Directive) => MediaAnswer
}

export interface MediaTarget {
  errors: Pick<WireFormat, 'writeError' | 'responseHeaders'>
  checkKey: (exchange: Exchange) => void
  read: (exchange: Exchange) => MediaRequest | Promise<MediaRequest>
}

/** Answers one call for a picture or a sound, and keeps the provider's books about it. A file that is cut off is billed whole: it was made whole. */
export async function serveMedia(context: SimulatorContext, exchange: Exchange, target: MediaTarget): Promise<void> {
  const { provider, requestId, endpoint, request } = exchange
  const callerRequestId = request.headers['x-client-request-id']
  const entry = context.books.begin({
    provider: provider.id,
    providerRequestId: requestId,
    endpoint,
    callerRequestId: typeof callerRequestId === 'string' ? callerRequestId : null,
    keySha256: hashKey(request.headers),
  })
  try {
    target.checkKey(exchange)
    const asked = await target.read(exchange)
    if (asked.model.startsWith('missing-'))
      throw new Refusal(404, `The model \`${asked.model}\` does not exist.`, { code: 'model_not_found' })
    Object.assign(entry, { model: asked.model, streamed: asked.streamed, unknownFields: asked.unknownFields ?? [] })
    const directive = {
      ...directiveOfText(asked.words),
      ...directiveOfModel(asked.model),
      ...context.faults.take(provider.id, asked.model),
    }
    deliver({ context, exchange, target, entry, directive, answer: asked.makeAnswer(directive) })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    finish({ context, entry }, { ending: 'error', status: error.status, usage: null, tellsUsage: false })
    sendRefusal(exchange, target.errors, error)
  }
}

interface MediaDelivery {
  context: SimulatorContext
  exchange: Exchange
  target: MediaTarget
  entry: BookEntry
  directive: Directive
  answer: MediaAnswer
}

interface Closing {
  ending: BookEnding
  status: number | null
  /** Null: nothing was made, nobody pays. */
  usage: Partial<BookUsage> | null
  tellsUsage: boolean
}

function finish({ context, entry }: Pick<MediaDelivery, 'context' | 'entry'>, closing: Closing): void {
  context.books.finish(entry, {
    ending: closing.ending,
    status: closing.status,
    usage: { ...NO_USAGE, ...closing.usage },
    billable: closing.usage !== null,
    finalUsageSent: closing.tellsUsage,
  })
}

function deliver(delivery: MediaDelivery): void {
  const { context, exchange, directive } = delivery
  const unbilled = (ending: BookEnding) => finish(delivery, { ending, status: null, usage: null, tellsUsage: false })
  if (directive.hang === 'before') {
    exchange.response.once('close', () => unbilled('client_aborted'))
    return
  }
  if (directive.reset_after === 0) {
    unbilled('error')
    exchange.response.socket?.resetAndDestroy()
    return
  }
  if (directive.status !== undefined) {
    const wait = directive.retry_after
    throw new Refusal(
      directive.status,
      describeStatus(directive.status),
      wait === undefined ? {} : { retryAfterSeconds: wait },
    )
  }
  const { firstTokenDelayMs, tokenDelayMs } = paceOf(directive, context.pace)
  if (firstTokenDelayMs === 0) {
    send(delivery, tokenDelayMs)
    return
  }
  const timer = setTimeout(() => {
    exchange.response.off('close', onClose)
    send(delivery, tokenDelayMs)
  }, firstTokenDelayMs)
  function onClose(): void {
    clearTimeout(timer)
    unbilled('client_aborted')
  }
  exchange.response.once('close', onClose)
}

function send(delivery: MediaDelivery, pauseMs: number): void {
  const { exchange, target, answer, entry, directive } = delivery
  const { response, provider, requestId, startedAt } = exchange
  const [only = ''] = answer.pieces
  entry.status = 200
  response.writeHead(200, {
    'content-type': answer.contentType,
    ...(answer.pieces.length === 1 ? { 'content-length': Buffer.byteLength(only) } : {}),
    ...target.errors.responseHeaders({ provider, requestId, durationMs: Date.now() - startedAt.getTime() }),
    ...answer.headers,
  })
  const settle = (ending: BookEnding, tellsUsage = false) =>
    finish(delivery, { ending, status: 200, usage: answer.usage, tellsUsage })
  const onClose = () => settle('client_aborted')
  response.once('close', onClose)
  const stopAfter = directive.truncate_after ?? directive.reset_after ?? (directive.hang === 'mid' ? 1 : Infinity)
  const next = (index: number): void => {
    if (response.destroyed) return
    const piece = answer.pieces[index]
    if (piece === undefined) {
      response.off('close', onClose)
      settle('complete', answer.tellsUsage)
      response.end()
      return
    }
    if (index >= stopAfter || (answer.pieces.length === 1 && stopAfter !== Infinity)) {
      if (directive.hang === 'mid') return
      response.off('close', onClose)
      settle('truncated')
      if (directive.reset_after === undefined) response.destroy()
      else response.socket?.resetAndDestroy()
      return
    }
    const goOn = () => {
      if (pauseMs === 0) setImmediate(next, index + 1)
      else setTimeout(next, pauseMs, index + 1)
    }
    if (response.write(piece)) goOn()
    else response.once('drain', goOn)
  }
  next(0)
}

/** Wherever the provider's format puts it. */
function hashKey(headers: IncomingHttpHeaders): string | null {
  const bearer = /^(?:Bearer|Token) (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const key = headers['xi-api-key'] ?? headers['x-goog-api-key'] ?? bearer
  return typeof key === 'string' ? createHash('sha256').update(key).digest('hex') : null
}
