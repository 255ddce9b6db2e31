import type { OutgoingHttpHeaders } from 'node:http'
import type { ChatResponse } from '@atpar/core/chat'
import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { Answer, IncomingCall } from '../call/call-context.ts'
import type { AnswerGuard } from './answer-guard.ts'

type WholeAnswer = Extract<Answer, { kind: 'whole' }>

/** A complete answer as its guardrails let it go. */
interface GuardedWhole {
  readonly bytes: Uint8Array
  readonly decoded: ChatResponse | null
  /** Why it must not be sent at all. */
  readonly problem: AppError | null
}

/** Looked through as it came, where it goes as it came; else as what the caller's format is made of. */
export const guardWhole = (answer: WholeAnswer, answers: AnswerGuard): GuardedWhole => {
  const { bytes, decoded } = answer
  if (!answer.sameDialect && decoded !== null) {
    // Plain data, as JSON is: the same walk reads it.
    const guarded = answers.whole({ choices: decoded.choices } as unknown as JsonObject)
    if (guarded instanceof AppError) return { bytes, decoded, problem: guarded }
    const { choices } = guarded.json as unknown as Pick<ChatResponse, 'choices'>
    return { bytes, decoded: { ...decoded, choices }, problem: null }
  }
  const guarded = answers.bytes(bytes)
  return guarded instanceof AppError ? { bytes, decoded, problem: guarded } : { bytes: guarded, decoded, problem: null }
}

/** Sent as an answer, and so kept for whoever repeats the request with its idempotency key: it was billed. */
export const sendProblem = (call: IncomingCall, error: AppError, headers: OutgoingHttpHeaders): void => {
  if (call.kind !== 'chat') throw error
  call.reply.sendWhole(
    error.status,
    { ...headers, 'content-type': 'application/json' },
    JSON.stringify(call.dialect.encodeError(error, { requestId: call.requestId })),
  )
}
