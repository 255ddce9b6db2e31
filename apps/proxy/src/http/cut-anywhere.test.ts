import type { ChatChunk } from '@atpar/core/chat'
import type { SseEvent } from '@atpar/core/sse'
import type { ProviderDialectId } from '@atpar/dialects/contract'
import { recordedStreams } from '@atpar/dialects/recorded-streams'
import { providerDialects } from '@atpar/dialects/registry'
import { describe, expect, test } from 'vitest'
import { createStreamFramer } from './stream-framer.ts'

const STREAMS = (Object.keys(recordedStreams) as ProviderDialectId[]).flatMap((dialect) =>
  Object.entries(recordedStreams[dialect]).map(([name, stream]) => ({
    dialect,
    name,
    bytes: Buffer.from(typeof stream === 'string' ? new TextEncoder().encode(stream) : stream),
  })),
)

interface Read {
  readonly frames: readonly Buffer[]
  readonly events: readonly SseEvent[]
}

/** As the proxy reads a socket that hands out its bytes in these pieces. */
const read = (dialect: ProviderDialectId, pieces: readonly Buffer[]): Read => {
  const framer = createStreamFramer(providerDialects[dialect].framing)
  const frames = pieces.flatMap((piece) => framer.push(piece))
  const events = frames.flatMap((frame) => framer.read(frame) ?? [])
  return { frames: [...frames, framer.rest()], events }
}

const decode = (dialect: ProviderDialectId, events: readonly SseEvent[]): readonly ChatChunk[] => {
  const decoder = providerDialects[dialect].openStream()
  return events.flatMap((event) => decoder.push(event))
}

describe.each(STREAMS)('$dialect, $name', ({ dialect, name, bytes }) => {
  const whole = read(dialect, [bytes])

  test('says something, and to the end unless it is the broken one', () => {
    expect(decode(dialect, whole.events).length).toBeGreaterThan(1)
    const decoder = providerDialects[dialect].openStream()
    for (const event of whole.events) decoder.push(event)
    expect(decoder.finished).toBe(!/error|failed/i.test(name))
  })

  test('gives the same events cut at every byte', () => {
    const expected = JSON.stringify(whole.events)
    const wrong = Array.from({ length: bytes.length }, (_, cut) => cut).filter(
      (cut) => JSON.stringify(read(dialect, [bytes.subarray(0, cut), bytes.subarray(cut)]).events) !== expected,
    )
    expect(wrong).toEqual([])
  })

  test('gives the same chunks a byte at a time', () => {
    const single = read(
      dialect,
      Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
    )
    expect(decode(dialect, single.events)).toEqual(decode(dialect, whole.events))
  })

  test('loses no byte: its frames put together are the stream', () => {
    expect(Buffer.concat(whole.frames).equals(bytes)).toBe(true)
  })
})
