import { EventStreamCodec } from '@smithy/eventstream-codec'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { awsEventStreamFraming } from './aws-event-stream.ts'
import type { SseEvent } from './sse.ts'

/** AWS's own encoder, so that what is read is what AWS writes. */
const codec = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes),
  (text) => new TextEncoder().encode(text),
)
const text = (value: string) => ({ type: 'string', value }) as const
const messageOf = (headers: Readonly<Record<string, string>>, payload: string): Uint8Array =>
  codec.encode({
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, text(value)])),
    body: new TextEncoder().encode(payload),
  })
const event = (name: string, payload: string): Uint8Array =>
  messageOf({ ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' }, payload)

const join = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

const readIn = (bytes: Uint8Array, cuts: readonly number[]): (SseEvent | null)[] => {
  const events: (SseEvent | null)[] = []
  let kept = new Uint8Array(0)
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    kept = Uint8Array.from([...kept, ...bytes.subarray(from, cut)])
    from = cut
    for (let end = awsEventStreamFraming.findEnd(kept, 0); end !== -1 && kept.length > 0;) {
      events.push(awsEventStreamFraming.read(kept.subarray(0, end)))
      kept = kept.slice(end)
      end = awsEventStreamFraming.findEnd(kept, 0)
    }
  }
  return events
}

const MALFORMED = { event: 'malformed', data: '' }
const STREAM = join([
  event('messageStart', '{"role":"assistant","p":"abc"}'),
  event('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"Grüße 世界 😀"}}'),
  messageOf({ ':exception-type': 'throttlingException', ':message-type': 'exception' }, '{"message":"slow down"}'),
  messageOf({ ':error-code': 'InternalError', ':error-message': 'oh', ':message-type': 'error' }, ''),
])
const EVENTS = [
  { event: 'messageStart', data: '{"role":"assistant","p":"abc"}' },
  { event: 'contentBlockDelta', data: '{"contentBlockIndex":0,"delta":{"text":"Grüße 世界 😀"}}' },
  { event: 'throttlingException', data: '{"message":"slow down"}' },
  { event: 'InternalError', data: '{"message":"oh"}' },
]

describe('an AWS event stream', () => {
  test('says the same wherever it is cut', () => {
    expect(readIn(STREAM, [])).toEqual(EVENTS)
    for (let cut = 1; cut < STREAM.length; cut += 1) expect(readIn(STREAM, [cut])).toEqual(EVENTS)
    expect(
      readIn(
        STREAM,
        Array.from({ length: STREAM.length - 1 }, (_, index) => index + 1),
      ),
    ).toEqual(EVENTS)
  })

  test('carries headers of every type, of which only text matters', () => {
    const message = codec.encode({
      headers: {
        a: { type: 'boolean', value: true },
        b: { type: 'byte', value: 1 },
        c: { type: 'short', value: 1 },
        d: { type: 'integer', value: 1 },
        e: { type: 'binary', value: new Uint8Array([1, 2, 3]) },
        f: { type: 'timestamp', value: new Date(0) },
        g: { type: 'uuid', value: '00000000-0000-4000-8000-000000000000' },
        ':message-type': text('event'),
        ':event-type': text('metadata'),
      },
      body: new TextEncoder().encode('{}'),
    })
    expect(readIn(message, [])).toEqual([{ event: 'metadata', data: '{}' }])
  })

  test('is malformed from the first byte that was changed on the way, and never anything else', () => {
    const message = event('contentBlockDelta', '{"delta":{"text":"hello"}}')
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Uint8Array.from(message)
        broken[at] = (broken[at] ?? 0) ^ change
        expect(readIn(broken, [])).toEqual([MALFORMED])
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['claims four gigabytes', [0xff, 0xff, 0xff, 0xff]],
    ['claims less than its own prelude', [0, 0, 0, 3]],
    ['is a web page', [...new TextEncoder().encode('<html>')]],
  ])('that %s is malformed at once, not waited for', (_name, start) => {
    expect(readIn(Uint8Array.from([...start, ...Array.from({ length: 20 }, () => 0)]), [])).toEqual([MALFORMED])
  })

  test('without a message type is malformed', () => {
    expect(readIn(messageOf({ ':event-type': 'messageStart' }, '{}'), [])).toEqual([MALFORMED])
  })
})
