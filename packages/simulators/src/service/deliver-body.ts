import { tokensMadeBy } from '../pace.ts'
import type { Delivery } from './context.ts'
import { createPacedWrite } from './paced-writer.ts'
import { settleBegun, settleUnbilled, wholeProgress, type Progress } from './settle-books.ts'
import { splitTokens } from './split-tokens.ts'

/** Sends an answer that is not streamed, once the time to make it has passed. */
export function deliverBody(delivery: Delivery): void {
  const { pace, exchange } = delivery
  const total = splitTotal(delivery)
  const durationMs = pace.firstTokenDelayMs + pace.tokenDelayMs * total
  if (durationMs === 0) {
    sendBody(delivery)
    return
  }
  const startedMs = performance.now()
  const timer = setTimeout(() => {
    exchange.response.off('close', onClose)
    sendBody(delivery)
  }, durationMs)
  function onClose(): void {
    clearTimeout(timer)
    const made = tokensMadeBy(performance.now() - startedMs, total, pace)
    settleAborted(delivery, splitTokens(delivery.answer, made))
  }
  exchange.response.once('close', onClose)
}

function splitTotal(delivery: Delivery): number {
  const { reasoning, text } = wholeProgress(delivery, false)
  return reasoning + text
}

function settleAborted(delivery: Delivery, made: { reasoning: number; text: number }): void {
  const runsOn = delivery.exchange.provider.cancelPolicy === 'runs_on'
  const progress: Progress = runsOn ? wholeProgress(delivery, false) : { ...made, hasFinalUsage: false }
  settleBegun(delivery, 'client_aborted', progress)
}

function sendBody(delivery: Delivery): void {
  const { exchange, envelope, format, answer, entry } = delivery
  const { directive } = envelope
  const { response, provider, requestId } = exchange
  const whole = format.writeAnswer(answer, envelope)
  const text = directive.malformed === true ? whole.slice(0, whole.length / 2) : whole
  entry.status = 200
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...format.responseHeaders({ provider, requestId, durationMs: Date.now() - exchange.startedAt.getTime() }),
  })
  if (directive.truncate_after !== undefined || directive.reset_after !== undefined || directive.hang === 'mid') {
    sendHalf(delivery, text)
    return
  }
  const hasFinalUsage = directive.no_usage !== true && directive.malformed !== true
  if (directive.chunk_bytes === undefined && directive.cut === undefined) {
    response.end(text)
    settleBegun(delivery, 'complete', wholeProgress(delivery, hasFinalUsage))
    return
  }
  const onClose = () => settleBegun(delivery, 'client_aborted', wholeProgress(delivery, false))
  response.once('close', onClose)
  createPacedWrite(response, directive)(text, () => {
    response.off('close', onClose)
    response.end()
    settleBegun(delivery, 'complete', wholeProgress(delivery, hasFinalUsage))
  })
}

/** The answer was made whole, so it is billed whole; only its second half never arrives. */
function sendHalf(delivery: Delivery, text: string): void {
  const { response } = delivery.exchange
  const { directive } = delivery.envelope
  const progress = wholeProgress(delivery, false)
  if (directive.hang === 'mid') {
    response.once('close', () => settleBegun(delivery, 'client_aborted', progress))
    response.write(text.slice(0, text.length / 2))
    return
  }
  response.write(text.slice(0, text.length / 2), () => {
    settleBegun(delivery, 'truncated', progress)
    if (directive.reset_after === undefined) response.destroy()
    else response.socket?.resetAndDestroy()
  })
}

/** Says nothing until the caller gives up. Nothing was generated, so nothing is billed. */
export function hangBeforeAnswer(delivery: Pick<Delivery, 'exchange' | 'books' | 'entry'>): void {
  delivery.exchange.response.once('close', () => settleUnbilled(delivery, { ending: 'client_aborted', status: null }))
}

/** Resets the connection before the first byte. */
export function resetBeforeAnswer(delivery: Pick<Delivery, 'exchange' | 'books' | 'entry'>): void {
  settleUnbilled(delivery, { ending: 'error', status: null })
  delivery.exchange.response.socket?.resetAndDestroy()
}
