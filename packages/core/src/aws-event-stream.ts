import { MALFORMED_EVENT, type Framing } from './stream-framing.ts'
import type { SseEvent } from './sse.ts'

/**
 * AWS's binary framing (https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html, and for Bedrock
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html): a prelude of two lengths and their checksum, headers,
 * a payload, and a checksum over all of it. Numbers are big-endian.
 */
const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4
/** The format's own bound: 24 MB of payload and 128 kB of headers. Whatever claims more is no such stream. */
const MAX_MESSAGE_BYTES = 24 * 1024 * 1024 + 128 * 1024 + PRELUDE_BYTES + CHECKSUM_BYTES

const decoder = new TextDecoder('utf-8')

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value >>> 0
})

/** CRC-32 as in gzip and PNG. */
const crc32 = (bytes: Uint8Array, from: number, to: number): number => {
  let crc = 0xffffffff
  for (let at = from; at < to; at += 1) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Where the lengths make no sense no later event can be found: the rest is one malformed event. */
const findEnd = (bytes: Uint8Array, from: number): number => {
  if (bytes.length - from < PRELUDE_BYTES) return -1
  const view = viewOf(bytes)
  const total = view.getUint32(from)
  const isSound =
    view.getUint32(from + 8) === crc32(bytes, from, from + 8) &&
    total <= MAX_MESSAGE_BYTES &&
    view.getUint32(from + 4) <= total - PRELUDE_BYTES - CHECKSUM_BYTES
  if (!isSound) return bytes.length
  return bytes.length - from < total ? -1 : from + total
}

/** Bytes of a header value by its type; text and byte arrays (6, 7) say their own length. */
const VALUE_BYTES: readonly (number | null)[] = [0, 0, 1, 2, 4, 8, null, null, 8, 16]
const TEXT_TYPE = 7

/** The headers that are text, which all those that matter are; null when they do not add up. */
const readHeaders = (bytes: Uint8Array, end: number): ReadonlyMap<string, string> | null => {
  const view = viewOf(bytes)
  const headers = new Map<string, string>()
  let at = PRELUDE_BYTES
  while (at < end) {
    const typeAt = at + 1 + view.getUint8(at)
    if (typeAt >= end) return null
    const type = view.getUint8(typeAt)
    const fixed = VALUE_BYTES[type]
    if (fixed === undefined || (fixed === null && typeAt + 3 > end)) return null
    const from = fixed === null ? typeAt + 3 : typeAt + 1
    const to = from + (fixed ?? view.getUint16(typeAt + 1))
    if (to > end) return null
    if (type === TEXT_TYPE)
      headers.set(decoder.decode(bytes.subarray(at + 1, typeAt)), decoder.decode(bytes.subarray(from, to)))
    at = to
  }
  return headers
}

const read = (frame: Uint8Array): SseEvent => {
  const payloadEnd = frame.length - CHECKSUM_BYTES
  if (frame.length < PRELUDE_BYTES + CHECKSUM_BYTES || findEnd(frame, 0) !== frame.length) return MALFORMED_EVENT
  const view = viewOf(frame)
  if (view.getUint32(0) !== frame.length || view.getUint32(payloadEnd) !== crc32(frame, 0, payloadEnd))
    return MALFORMED_EVENT
  const headersEnd = PRELUDE_BYTES + view.getUint32(4)
  const headers = readHeaders(frame, headersEnd)
  if (headers === null) return MALFORMED_EVENT
  const data = decoder.decode(frame.subarray(headersEnd, payloadEnd))
  switch (headers.get(':message-type') ?? '') {
    case 'event':
      return { event: headers.get(':event-type') ?? '', data }
    case 'exception':
      return { event: headers.get(':exception-type') ?? 'exception', data }
    case 'error':
      // Has no payload: its words are headers.
      return {
        event: headers.get(':error-code') ?? 'error',
        data: JSON.stringify({ message: headers.get(':error-message') ?? '' }),
      }
    default:
      return MALFORMED_EVENT
  }
}

/** An event's name is its `:event-type`, an exception's its `:exception-type`; the payload is its data. A wrong checksum is malformed. */
export const awsEventStreamFraming: Framing = { findEnd, read }
