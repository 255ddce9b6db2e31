import type { ChatChunk } from '@atpar/core/chat'
import { createSseParser } from '@atpar/core/sse'

import type { StreamDecoder } from './contract.ts'

/** Feeds wire text through the event parser and a decoder, cut at the given bytes. For tests. */
export const decodeStream = (
  decoder: StreamDecoder,
  text: string,
  cuts: readonly number[] = [],
): { readonly chunks: ChatChunk[]; readonly finished: boolean } => {
  const bytes = new TextEncoder().encode(text)
  const parser = createSseParser()
  const chunks: ChatChunk[] = []
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    for (const event of parser.push(bytes.subarray(from, cut))) chunks.push(...decoder.push(event))
    from = cut
  }
  for (const event of parser.end()) chunks.push(...decoder.push(event))
  return { chunks, finished: decoder.finished }
}

export const countWireBytes = (text: string): number => new TextEncoder().encode(text).length
