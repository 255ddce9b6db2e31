import { carriesContent } from '@atpar/core/chat'
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
export const passThrough = (call: IncomingCall, answer: StreamAnswer): StreamWriter => {
  let heldBack: Uint8Array[] = []
  let usageAt = -1
  let eventsSeen = 0
  const { decoder } = answer
  return {
    write: ({ bytes, chunks }) => {
      eventsSeen += 1
      const usage = chunks.find((chunk) => chunk.type === 'usage')
      if (usage !== undefined && chunks.length === 1 && !call.facts.wantsUsage) return null
      const isFinalUsage = usage?.final === true && call.facts.wantsUsage
      if (isFinalUsage) usageAt = heldBack.length
      else if (heldBack.length > 0 && !decoder.finished && chunks.some(carriesContent)) {
        const out = Buffer.concat([...heldBack, bytes])
        heldBack = []
        usageAt = -1
        return out
      }
      if (!isFinalUsage && heldBack.length === 0 && !decoder.finished) return bytes
      heldBack.push(bytes)
      return null
    },
    end: ({ costUsd }) => {
      const usage = heldBack[usageAt]
      if (usage !== undefined) heldBack[usageAt] = withCost(answer, usage, costUsd)
      return heldBack.length === 0 ? null : Buffer.concat(heldBack)
    },
    fail: (error) => openEncoder(call, answer, eventsSeen - heldBack.length).fail(error),
  }
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
