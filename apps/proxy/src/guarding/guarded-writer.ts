import type { AppError } from '@atpar/core/errors'
import { createChunkGuard } from '@atpar/core/guard-chunks'
import type { StreamWriter } from '../http/stream-writer.ts'
import { withheld, type AnswerGuard } from './answer-guard.ts'

/** A stream that is looked through on its way. */
export interface GuardedWriter extends StreamWriter {
  /** What was held back to the end; before the call is settled, so that what is found in it is on the record. */
  rest(): Uint8Array | string | null
  /** Why nothing more may be sent; null while all is well. */
  problem(): AppError | null
}

const NO_BYTES = Buffer.alloc(0)

/**
 * Lets go of words only as far as nothing that is looked for can still be on its way. `writer` encodes chunks: bytes that pass as they came hold what
 * was not looked through.
 */
export const guardWriter = (writer: StreamWriter, answers: AnswerGuard): GuardedWriter => {
  const guard = createChunkGuard(answers.policy)
  let isNoted = false
  return {
    write: ({ chunks }) => {
      const kept = chunks.flatMap((chunk) => guard.push(chunk))
      return kept.length === 0 ? null : writer.write({ bytes: NO_BYTES, chunks: kept })
    },
    rest: () => {
      const kept = guard.end()
      if (!isNoted) answers.note(guard.findings())
      isNoted = true
      return kept.length === 0 ? null : writer.write({ bytes: NO_BYTES, chunks: kept })
    },
    problem: () => (guard.isBlocked() ? withheld(guard.findings()) : null),
    end: (receipt) => writer.end(receipt),
    fail: (error) => writer.fail(error),
  }
}
