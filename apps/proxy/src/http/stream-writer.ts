import { carriesContent, type ChatChunk } from '@atpar/core/chat'
import type { AppError } from '@atpar/core/errors'
import type { StreamEncoder } from '@atpar/dialects/contract'
import type { Answer, HeldFrame, IncomingCall, Receipt } from '../call/call-context.ts'
import { spliceEvent } from './splice-event.ts'

type StreamAnswer = Extract<Answer, { kind: 'stream' }>

/** Turns what the provider streams into what the caller reads. */
export interface StreamWriter {
  /** Bytes to send now for one frame, null to send nothing. */
  write(frame: HeldFrame): Uint8Array | string | null
  /** What follows once the call is settled. */
  end(receipt: Receipt): Uint8Array | string | null
  fail(error: AppError): string
}

/**
 * Same format on both sides: the provider's own bytes, but for a usage event nobody asked for, and the end held back. The event with the final
 * usage is held back with it, to go out with the cost of the bill; should content follow it after all, it goes first, as it came.
 */
export const passThrough = (call: IncomingCall, answer: StreamAnswer): StreamWriter => new PassThrough(call, answer)

/** A class for the sake of memory: every open stream holds one. */
class PassThrough implements StreamWriter {
  readonly #call: IncomingCall
  readonly #answer: StreamAnswer
  #heldBack: Uint8Array[] = []
  #usageAt = -1
  #eventsSeen = 0

  constructor(call: IncomingCall, answer: StreamAnswer) {
    this.#call = call
    this.#answer = answer
  }

  write({ bytes, chunks }: HeldFrame): Uint8Array | null {
    this.#eventsSeen += 1
    const { wantsUsage } = this.#call.facts
    const { decoder } = this.#answer
    const usage = findUsage(chunks)
    if (usage !== null && chunks.length === 1 && !wantsUsage) return null
    const isFinalUsage = usage !== null && usage.final && wantsUsage
    if (isFinalUsage) this.#usageAt = this.#heldBack.length
    else if (this.#heldBack.length > 0 && !decoder.finished && chunks.some(carriesContent)) {
      const out = Buffer.concat([...this.#heldBack, bytes])
      this.#heldBack = []
      this.#usageAt = -1
      return out
    }
    if (!isFinalUsage && this.#heldBack.length === 0 && !decoder.finished) return bytes
    this.#heldBack.push(bytes)
    return null
  }

  end({ costUsd }: Receipt): Uint8Array | null {
    const usage = this.#heldBack[this.#usageAt]
    if (usage !== undefined) this.#heldBack[this.#usageAt] = withCost(this.#answer, usage, costUsd)
    return this.#heldBack.length === 0 ? null : Buffer.concat(this.#heldBack)
  }

  fail(error: AppError): string {
    return openEncoder(this.#call, this.#answer, this.#eventsSeen - this.#heldBack.length).fail(error)
  }
}

const findUsage = (chunks: readonly ChatChunk[]): Extract<ChatChunk, { type: 'usage' }> | null => {
  for (const chunk of chunks) if (chunk.type === 'usage') return chunk
  return null
}

const openEncoder = (call: IncomingCall, answer: StreamAnswer, eventsSeen = 0): StreamEncoder =>
  answer.caller.openStream({
    generationId: call.requestId,
    model: answer.attempt.offering.modelId,
    createdAtMs: call.startedAtMs,
    costUsd: null,
    request: call.json,
    wantsUsage: call.facts.wantsUsage,
    eventsSeen,
  })

/** The cost at list price inside the event that reports the usage, where the caller's format has a place for it. */
const withCost = ({ caller }: StreamAnswer, bytes: Uint8Array, costUsd: string): Uint8Array =>
  spliceEvent(bytes, caller.costEdits(costUsd, 'event'))

/** Another format: the provider's events decoded to neutral chunks, and those encoded as the caller's. */
export const convert = (call: IncomingCall, answer: StreamAnswer): StreamWriter => {
  const encoder = openEncoder(call, answer)
  return {
    write: ({ chunks }) => {
      let text = ''
      for (const chunk of chunks) text += encoder.push(chunk)
      return text
    },
    end: (receipt) => encoder.end(receipt),
    fail: (error) => encoder.fail(error),
  }
}
