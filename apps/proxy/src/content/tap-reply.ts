import type { Reply } from '../http/reply.ts'

/** What of an answer went to its caller. */
export interface TappedAnswer {
  /** 0: none was begun. */
  readonly status: number
  readonly isStream: boolean
  readonly bytes: Buffer
  /** More was sent than is in `bytes`. */
  readonly isCut: boolean
}

export interface Tap {
  /** Takes the caller's place: passes everything on, and notes it while the caller is there. */
  readonly reply: Reply
  answer(): TappedAnswer
}

/** `onBegin` runs once, before the first byte of an answer. */
export const tapReply = (
  caller: Reply,
  { maxBytes, onBegin }: { readonly maxBytes: number; readonly onBegin: () => void },
): Tap => {
  const parts: Buffer[] = []
  let left = maxBytes
  let isCut = false
  let status = 0
  let isStream = false
  const begin = (code: number, streams: boolean): void => {
    if (status === 0) onBegin()
    status = code
    isStream = streams
  }
  const note = (bytes: Uint8Array | string): void => {
    if (isCut || caller.isGone()) return
    // A copy: what is relayed is a slice of a buffer that is read into again.
    const all = Buffer.from(bytes)
    const part = all.length <= left ? all : all.subarray(0, left)
    isCut = part.length < all.length
    left -= part.length
    parts.push(part)
  }
  const reply: Reply = {
    isGone: () => caller.isGone(),
    onGone: (listener) => caller.onGone(listener),
    hasStarted: () => caller.hasStarted(),
    keepHeaders: (headers) => caller.keepHeaders(headers),
    sendWhole: (code, headers, body) => {
      begin(code, false)
      note(body)
      caller.sendWhole(code, headers, body)
    },
    sendWire: (code, headers, wire) => {
      begin(code, false)
      note(Buffer.from(wire, 'latin1'))
      caller.sendWire(code, headers, wire)
    },
    sendLast: (code, headers, last) => {
      begin(code, false)
      note(last.body)
      caller.sendLast(code, headers, last)
    },
    startStream: (headers) => {
      begin(200, true)
      caller.startStream(headers)
    },
    write: (bytes) => {
      note(bytes)
      return caller.write(bytes)
    },
    onDrain: (listener) => caller.onDrain(listener),
    end: (bytes) => {
      if (bytes !== undefined) note(bytes)
      caller.end(bytes)
    },
    abort: (lastWords) => caller.abort(lastWords),
  }
  return { reply, answer: () => ({ status, isStream, bytes: Buffer.concat(parts), isCut }) }
}
