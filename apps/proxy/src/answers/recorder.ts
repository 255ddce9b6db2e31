import type { OutgoingHttpHeaders } from 'node:http'
import { namedHeaders, type Reply } from '../http/reply.ts'

/** An answer as the caller got it. */
export interface RecordedAnswer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly isStream: boolean
  readonly body: Buffer
}

export interface Recorder {
  /** Takes the caller's place: passes everything on to it, and notes it. */
  readonly reply: Reply
  /** Null until the answer is complete. */
  answer(): RecordedAnswer | 'too-large' | null
}

/** A stream of the longest answers models give, at its wordiest. */
const MAX_RECORDED_BYTES = 16 * 1024 * 1024

/**
 * `outlivesCaller`: whoever records for somebody else reads the answer to its end, also when the caller at hand goes away.
 */
export const createRecorder = (caller: Reply, { outlivesCaller }: { readonly outlivesCaller: boolean }): Recorder => {
  const parts: Buffer[] = []
  let size = 0
  let head: Omit<RecordedAnswer, 'body'> | null = null
  let isComplete = false
  const note = (bytes: Uint8Array | string): void => {
    if (size > MAX_RECORDED_BYTES) return
    const part = typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes)
    size += part.length
    if (size > MAX_RECORDED_BYTES) parts.length = 0
    else parts.push(part)
  }
  const reply: Reply = {
    isGone: () => !outlivesCaller && caller.isGone(),
    onGone: (listener) => {
      if (!outlivesCaller) caller.onGone(listener)
    },
    hasStarted: () => head !== null,
    // What they say of limits holds for the moment: nothing to record.
    keepHeaders: (headers) => caller.keepHeaders(headers),
    sendWhole: (status, headers, body) => {
      head = { status, headers, isStream: false }
      note(body)
      isComplete = true
      caller.sendWhole(status, headers, body)
    },
    sendWire: (status, headers, wire) => {
      head = { status, headers: namedHeaders(headers), isStream: false }
      note(Buffer.from(wire, 'latin1'))
      isComplete = true
      caller.sendWire(status, headers, wire)
    },
    sendLast: (status, headers, last) => {
      caller.sendLast(status, headers, last)
    },
    startStream: (headers) => {
      head = { status: 200, headers, isStream: true }
      caller.startStream(headers)
    },
    write: (bytes) => {
      note(bytes)
      // A caller who left takes nothing in and must not hold the answer up.
      return caller.write(bytes) || caller.isGone()
    },
    onDrain: (listener) => {
      caller.onDrain(listener)
      if (outlivesCaller) caller.onGone(listener)
    },
    end: (bytes) => {
      if (bytes !== undefined) note(bytes)
      isComplete = true
      caller.end(bytes)
    },
    abort: (lastWords) => caller.abort(lastWords),
  }
  return {
    reply,
    answer: () => {
      if (head === null || !isComplete) return null
      return size > MAX_RECORDED_BYTES ? 'too-large' : { ...head, body: Buffer.concat(parts) }
    },
  }
}

/** Sends a recorded answer again. What described the state of limits when it was made is left out. */
export const replay = (reply: Reply, answer: RecordedAnswer, marks: OutgoingHttpHeaders): void => {
  const headers = {
    ...Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !OF_THE_MOMENT.test(name))),
    ...marks,
  }
  if (!answer.isStream) {
    reply.sendWhole(answer.status, headers, answer.body)
    return
  }
  reply.startStream(headers)
  reply.end(answer.body)
}

const OF_THE_MOMENT = /^(?:x-ratelimit-|ratelimit|x-budget-|content-length$)/
