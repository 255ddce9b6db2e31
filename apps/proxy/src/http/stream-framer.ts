import { awsEventStreamFraming } from '@atpar/core/aws-event-stream'
import { ndjsonFraming } from '@atpar/core/ndjson'
import type { SseEvent } from '@atpar/core/sse'
import type { Framing, StreamFraming } from '@atpar/core/stream-framing'
import { sseFraming } from './sse-frames.ts'

/**
 * Cuts a byte stream into its events, so that one can be relayed, held back or edited as the bytes it came in. A frame includes its terminator;
 * concatenated frames are the stream.
 */
export interface StreamFramer {
  push(bytes: Buffer): readonly Buffer[]
  /** What a frame says; null when it carries no data (comments, heartbeats). */
  read(frame: Buffer): SseEvent | null
  /** What came after the last complete event. */
  rest(): Buffer
}

const FRAMINGS: Readonly<Record<StreamFraming, Framing<Buffer>>> = {
  sse: sseFraming,
  ndjson: ndjsonFraming,
  'aws-event-stream': awsEventStreamFraming,
}

const NOTHING: Buffer = Buffer.alloc(0)

export const createStreamFramer = (framing: StreamFraming): StreamFramer => new BufferFramer(FRAMINGS[framing])

/** A class for the sake of memory: every open stream holds one. */
class BufferFramer implements StreamFramer {
  readonly #framing: Framing<Buffer>
  #tail: Buffer = NOTHING

  constructor(framing: Framing<Buffer>) {
    this.#framing = framing
  }

  push(bytes: Buffer): readonly Buffer[] {
    const buffer = this.#tail.length === 0 ? bytes : Buffer.concat([this.#tail, bytes])
    const frames: Buffer[] = []
    let start = 0
    for (let end = this.#framing.findEnd(buffer, start); end !== -1; end = this.#framing.findEnd(buffer, start)) {
      // Mostly the event is all that arrived.
      frames.push(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end))
      start = end
    }
    // A copy: a slice, however short, would keep the socket's whole read buffer alive for as long as the stream waits.
    this.#tail = start === buffer.length ? NOTHING : Buffer.from(buffer.subarray(start))
    return frames
  }

  read(frame: Buffer): SseEvent | null {
    return this.#framing.read(frame)
  }

  rest(): Buffer {
    return this.#tail
  }
}
