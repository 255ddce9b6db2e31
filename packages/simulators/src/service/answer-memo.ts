import type { Directive } from '../directives.ts'
import type { Answer } from '../generate/answer.ts'
import type { GenerationRequest } from '../generate/request.ts'

/** A request as read, and the answer it leads to when no fault interferes. */
export interface Prepared {
  request: GenerationRequest
  directive: Directive
  answer: Answer
}

export interface AnswerMemo {
  find: (key: string) => Prepared | undefined
  keep: (key: string, prepared: Prepared) => void
}

const MOST_ENTRIES = 2_000
const LONGEST_KEY = 16_384

/**
 * Remembers answers by the request's bytes. A load test sends the same few bodies over and over, and then the
 * simulator must not be what is measured.
 */
export function createAnswerMemo(): AnswerMemo {
  const entries = new Map<string, Prepared>()
  return {
    find: (key) => entries.get(key),
    keep: (key, prepared) => {
      if (key.length > LONGEST_KEY) return
      if (entries.size >= MOST_ENTRIES) {
        const [oldest] = entries.keys()
        if (oldest !== undefined) entries.delete(oldest)
      }
      entries.set(key, prepared)
    },
  }
}
