import { awsEventStreamFraming } from '@atpar/core/aws-event-stream'
import type { ChatChunk } from '@atpar/core/chat'
import { parseUsd, type Pusd } from '@atpar/core/money'
import { ndjsonFraming } from '@atpar/core/ndjson'
import { rateUsage } from '@atpar/core/pricing'
import { createSseParser, type SseEvent, type SseParser } from '@atpar/core/sse'
import type { Framing, StreamFraming } from '@atpar/core/stream-framing'
import type { UsageBucket, UsageUnits } from '@atpar/core/usage'
import { EventStreamCodec } from '@smithy/eventstream-codec'

import type { StreamDecoder } from './contract.ts'

/** What a provider sends: text, or bytes where its framing is binary. */
export type Wire = string | Uint8Array

const bytesOf = (wire: Wire): Uint8Array => (typeof wire === 'string' ? new TextEncoder().encode(wire) : wire)

/** Feeds a stream through its framing and a decoder, cut at the given bytes. For tests. */
export const decodeStream = (
  decoder: StreamDecoder,
  wire: Wire,
  { cuts = [], framing = 'sse' }: { readonly cuts?: readonly number[]; readonly framing?: StreamFraming } = {},
): { readonly chunks: ChatChunk[]; readonly finished: boolean } => {
  const bytes = bytesOf(wire)
  const parser = createParser(framing)
  const chunks: ChatChunk[] = []
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    for (const event of parser.push(bytes.subarray(from, cut))) chunks.push(...decoder.push(event))
    from = cut
  }
  for (const event of parser.end()) chunks.push(...decoder.push(event))
  return { chunks, finished: decoder.finished }
}

const createParser = (framing: StreamFraming): SseParser => {
  switch (framing) {
    case 'sse':
      return createSseParser()
    case 'ndjson':
      return createFramedParser(ndjsonFraming)
    case 'aws-event-stream':
      return createFramedParser(awsEventStreamFraming)
  }
}

const createFramedParser = (framing: Framing): SseParser => {
  let kept = new Uint8Array(0)
  return {
    push: (bytes) => {
      const joined = new Uint8Array(kept.length + bytes.length)
      joined.set(kept)
      joined.set(bytes, kept.length)
      const events: SseEvent[] = []
      let from = 0
      for (let end = framing.findEnd(joined, from); end !== -1; end = framing.findEnd(joined, from)) {
        const event = framing.read(joined.subarray(from, end))
        if (event !== null) events.push(event)
        from = end
      }
      kept = joined.slice(from)
      return events
    },
    end: () => [],
  }
}

export const countWireBytes = (wire: Wire): number => bytesOf(wire).length

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)),
  (text) => new TextEncoder().encode(text),
)

/** A stream as AWS writes it, by AWS's own encoder. What ends in `Exception` is one. */
export const encodeEvents = (events: readonly (readonly [name: string, payload: object])[]): Uint8Array => {
  const messages = events.map(([name, payload]) => {
    const kind = name.endsWith('Exception') ? 'exception' : 'event'
    return codec.encode({
      headers: {
        [`:${kind}-type`]: { type: 'string', value: name },
        ':content-type': { type: 'string', value: 'application/json' },
        ':message-type': { type: 'string', value: kind },
      },
      body: new TextEncoder().encode(JSON.stringify(payload)),
    })
  })
  return Uint8Array.from(messages.flatMap((message) => [...message]))
}

const PER_MILLION = 1_000_000n

/** For golden vectors: the cost of units at a provider's published dollars per million. @throws Error when a used bucket has no price */
export const costAt = (
  units: UsageUnits | undefined,
  usdPerMillion: Partial<Readonly<Record<UsageBucket, string>>>,
): Pusd => {
  if (units === undefined) throw new Error('There is no usage to price')
  const prices = Object.fromEntries(
    Object.entries(usdPerMillion).map(([bucket, usd]) => [
      bucket,
      { amountPusd: parseUsd(usd), perUnits: PER_MILLION },
    ]),
  )
  const rating = rateUsage(
    units,
    {
      offeringId: 'golden',
      priceVersionId: 'golden',
      rows: [{ contextFrom: 0, serviceTier: null, window: null, prices }],
    },
    { startedAtMs: 0, serviceTier: null },
  )
  if (!rating.priced) throw new Error(`No price for ${rating.missing.join(', ')}`)
  return rating.costPusd
}
