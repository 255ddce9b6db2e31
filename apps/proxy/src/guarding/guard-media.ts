import { AppError } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'
import type { MediaAnswer } from '@atpar/dialects/media-contract'
import type { Answer } from '../call/call-context.ts'
import type { AnswerGuard } from './answer-guard.ts'

/** Pictures, or a sound written down, as guardrails let them go. */
interface GuardedMedia {
  readonly bytes: Uint8Array
  readonly decoded: MediaAnswer
  /** Why it must not be sent at all. */
  readonly problem: AppError | null
}

/** A transcript's words, and those a picture was drawn from. */
export const guardMedia = (
  { bytes, decoded, prepared }: Extract<Answer, { kind: 'media' }>,
  answers: AnswerGuard,
): GuardedMedia => {
  if (!prepared.upstream.passes) {
    // Plain data, as JSON is: the same walk reads it.
    const guarded = answers.whole({ data: decoded } as unknown as JsonObject)
    if (guarded instanceof AppError) return { bytes, decoded, problem: guarded }
    const { data } = guarded.json as unknown as { readonly data: MediaAnswer }
    return { bytes, decoded: data, problem: null }
  }
  const guarded = answers.bytes(bytes)
  return guarded instanceof AppError ? { bytes, decoded, problem: guarded } : { bytes: guarded, decoded, problem: null }
}
