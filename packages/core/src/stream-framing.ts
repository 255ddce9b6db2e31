import type { SseEvent } from './sse.ts'

/** How a provider cuts its stream into events. */
export type StreamFraming = 'sse' | 'ndjson' | 'aws-event-stream'

/** One way of cutting. It keeps nothing: whoever reads the socket keeps the bytes of an event that is not complete yet. */
export interface Framing<Bytes extends Uint8Array = Uint8Array> {
  /** Index after the event that begins at `from`, or -1 while its end is not there. */
  findEnd(bytes: Bytes, from: number): number
  /** What one complete event says; null when it says nothing (a comment, a blank line). */
  read(frame: Bytes): SseEvent | null
}

/** Stands for bytes that break their framing: no decoder takes it for an event, so that the stream counts as broken. */
export const MALFORMED_EVENT: SseEvent = { event: 'malformed', data: '' }
