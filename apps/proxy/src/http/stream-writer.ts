import type { ChatChunk } from '@atpar/core/chat'
import type { AppError } from '@atpar/core/errors'
import { spliceJson } from '@atpar/core/json-splice'
import { formatUsd } from '@atpar/core/money'
import { rateUsage } from '@atpar/core/pricing'
import type { StreamEncoder } from '@atpar/dialects/contract'
import type { Answer, HeldFrame, IncomingCall, Receipt } from '../call/call-context.ts'

type StreamAnswer = Extract<Answer, { kind: 'stream' }>

/** Turns what the provider streams into what the caller reads. */
export interface StreamWriter {
  /** Bytes to send now for one frame, null to send nothing. */
  write(frame: HeldFrame): Uint8Array | string | null
  /** What follows once the call is settled. */
  end(receipt: Receipt): Uint8Array | string | null
  fail(error: AppError): string
}

/** Same format on both sides: the provider's own bytes, but for a usage event nobody asked for, the cost added to one that was, and the end held back. */
export const passThrough = (call: IncomingCall, answer: StreamAnswer): StreamWriter => {
  const heldBack: Uint8Array[] = []
  const { decoder } = answer
  return {
    write: ({ bytes, chunks }) => {
      const usage = chunks.find((chunk) => chunk.type === 'usage')
      const isUsageOnly = usage !== undefined && chunks.length === 1
      if (isUsageOnly && !call.facts.wantsUsage) return null
      const out = usage?.final === true && call.facts.wantsUsage ? withCost(call, answer, { bytes, usage }) : bytes
      if (decoder.finished) {
        heldBack.push(out)
        return null
      }
      return out
    },
    end: () => (heldBack.length === 0 ? null : Buffer.concat(heldBack)),
    fail: (error) => openEncoder(call, answer).fail(error),
  }
}

const openEncoder = (call: IncomingCall, answer: StreamAnswer): StreamEncoder =>
  call.dialect.openStream({
    generationId: call.requestId,
    model: answer.attempt.offering.modelId,
    createdAtMs: call.startedAtMs,
    costUsd: null,
    wantsUsage: call.facts.wantsUsage,
  })

/** The cost at list price inside the event that reports the usage, where the caller's format has a place for it. */
const withCost = (
  call: IncomingCall,
  answer: StreamAnswer,
  frame: { readonly bytes: Uint8Array; readonly usage: Extract<ChatChunk, { type: 'usage' }> },
): Uint8Array => {
  const { rates } = answer.attempt.offering
  const rating =
    rates === null
      ? null
      : rateUsage(frame.usage.usage.units, rates, {
          startedAtMs: call.startedAtMs,
          serviceTier: answer.decoder.serviceTier,
        })
  const edits = rating?.priced === true ? call.dialect.costEdits(formatUsd(rating.costPusd)) : []
  if (edits.length === 0) return frame.bytes
  const start = frame.bytes.indexOf(OPENING_BRACE)
  const end = frame.bytes.lastIndexOf(CLOSING_BRACE) + 1
  if (start === -1 || end === 0) return frame.bytes
  return Buffer.concat([
    frame.bytes.subarray(0, start),
    spliceJson(frame.bytes.subarray(start, end), edits),
    frame.bytes.subarray(end),
  ])
}

const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d

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
