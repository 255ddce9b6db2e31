import type { Frame } from '../generate/wire-format.ts'
import { describeStatus, Refusal } from '../refusal.ts'
import type { Delivery } from './context.ts'
import { createPacedWrite, sliceBytes, type PacedWrite } from './paced-writer.ts'
import { settleBegun, wholeProgress, type Progress } from './settle-books.ts'

/** Frames written in one turn of the event loop when nothing paces them. */
const BURST = 32

type Interruption = 'truncate' | 'reset' | 'error' | 'hang'

/** One stream on its way. */
interface Run {
  delivery: Delivery
  frames: Generator<Frame, undefined>
  write: PacedWrite
  interruption: { kind: Interruption; after: number } | undefined
  progress: Progress
  state: 'waiting' | 'running' | 'hung' | 'ended'
  isFirstFrame: boolean
  timer: NodeJS.Timeout | undefined
}

/** Streams an answer token by token at its pace, interrupts it where a directive says so, and stops when the caller hangs up. */
export function deliverStream(delivery: Delivery): void {
  const { exchange, format, envelope, pace } = delivery
  const { response } = exchange
  const run: Run = {
    delivery,
    frames: format.streamAnswer(delivery.answer, envelope),
    write: createPacedWrite(response, envelope.directive),
    interruption: findInterruption(delivery),
    progress: { reasoning: 0, text: 0, hasFinalUsage: false },
    state: 'waiting',
    isFirstFrame: true,
    timer: undefined,
  }
  response.once('close', () => abandon(run))
  if (envelope.directive.keep_alive === true && format.streamContentType.startsWith('text/event-stream')) {
    sendHead(delivery)
    response.write(': keep-alive\n\n')
  }
  if (pace.firstTokenDelayMs > 0) run.timer = setTimeout(begin, pace.firstTokenDelayMs, run)
  else begin(run)
}

function sendHead({ exchange, format, entry }: Delivery): void {
  const { response, provider, requestId, startedAt } = exchange
  entry.status = 200
  response.writeHead(200, {
    'content-type': format.streamContentType,
    'cache-control': 'no-cache',
    ...format.responseHeaders({ provider, requestId, durationMs: Date.now() - startedAt.getTime() }),
  })
}

function begin(run: Run): void {
  if (!run.delivery.exchange.response.headersSent) sendHead(run.delivery)
  run.state = 'running'
  pump(run)
}

function pump(run: Run): void {
  const { progress, interruption } = run
  for (let burst = 0; burst < BURST; burst += 1) {
    if (run.state !== 'running') return
    if (interruption !== undefined && progress.reasoning + progress.text >= interruption.after) {
      interrupt(run, interruption.kind)
      return
    }
    const next = run.frames.next()
    if (next.done === true) {
      end(run, 'complete')
      return
    }
    if (!sendFrame(run, next.value)) return
  }
  pumpLater(run, 0)
}

function pumpLater(run: Run, delayMs: number): void {
  if (delayMs === 0) setImmediate(pump, run)
  else run.timer = setTimeout(pump, delayMs, run)
}

/** True when the next frame may follow at once; otherwise the stream goes on by itself when it may. */
function sendFrame(run: Run, frame: Frame): boolean {
  const { progress, delivery } = run
  progress.reasoning += frame.reasoning
  progress.text += frame.text
  const isBroken = run.isFirstFrame && delivery.envelope.directive.malformed === true
  const data = isBroken ? breakFrame(frame.data) : frame.data
  run.isFirstFrame = false
  const delayMs = frame.reasoning + frame.text > 0 ? delivery.pace.tokenDelayMs : 0
  let isWritten = false
  let isLate = false
  const onWritten = () => {
    if (frame.hasFinalUsage && run.state === 'running') progress.hasFinalUsage = true
    isWritten = true
    if (isLate || delayMs > 0) pumpLater(run, delayMs)
  }
  if (data === '') onWritten()
  else run.write(data, onWritten)
  isLate = !isWritten
  return isWritten && delayMs === 0
}

function interrupt(run: Run, kind: Interruption): void {
  const { exchange, format, envelope } = run.delivery
  const { response, provider, requestId } = exchange
  const { directive } = envelope
  switch (kind) {
    case 'hang':
      run.state = 'hung'
      return
    case 'reset':
      end(run, 'truncated', () => response.socket?.resetAndDestroy())
      return
    case 'truncate': {
      const next = directive.cut === undefined ? undefined : run.frames.next()
      const [head] = next?.value === undefined ? [] : sliceBytes(next.value.data, { cut: 'mid-utf8' })
      end(run, 'truncated', () => response.end(head))
      return
    }
    case 'error': {
      const status = directive.status ?? 500
      response.write(format.writeStreamError(new Refusal(status, describeStatus(status)), { provider, requestId }))
      end(run, 'error')
    }
  }
}

function end(run: Run, ending: 'complete' | 'truncated' | 'error', close?: () => void): void {
  run.state = 'ended'
  settleBegun(run.delivery, ending, run.progress)
  if (close === undefined) run.delivery.exchange.response.end()
  else close()
}

/** The caller hung up. A provider that runs on makes the rest for nobody; one that hangs makes nothing more. */
function abandon(run: Run): void {
  clearTimeout(run.timer)
  if (run.state === 'ended') return
  const runsOn = run.delivery.exchange.provider.cancelPolicy === 'runs_on' && run.state !== 'hung'
  run.state = 'ended'
  const { hasFinalUsage } = run.progress
  settleBegun(run.delivery, 'client_aborted', runsOn ? wholeProgress(run.delivery, hasFinalUsage) : run.progress)
}

/** Where a directive ends the stream early, counted in tokens. */
function findInterruption(delivery: Delivery): Run['interruption'] {
  const { directive } = delivery.envelope
  if (directive.truncate_after !== undefined) return { kind: 'truncate', after: directive.truncate_after }
  if (directive.reset_after !== undefined) return { kind: 'reset', after: directive.reset_after }
  if (directive.error_after !== undefined) return { kind: 'error', after: directive.error_after }
  if (directive.hang !== 'mid') return undefined
  const { reasoning, text } = wholeProgress(delivery, false)
  return { kind: 'hang', after: Math.ceil((reasoning + text) / 2) }
}

/** Half of a frame with its end kept, so that the parser meets a whole event that is not JSON. */
function breakFrame(data: string | Buffer): string | Buffer {
  if (typeof data !== 'string') return Buffer.concat([data.subarray(0, -1), Buffer.of((data.at(-1) ?? 0) ^ 1)])
  const closing = /\s*$/.exec(data)?.[0] ?? ''
  return `${data.slice(0, data.length / 2)}${closing}`
}
