import type { UpstreamProblem } from '../contract.ts'
import { asObject, asText } from '../fields.ts'
import { describeProblem } from '../upstream-problem.ts'

/** https://docs.cohere.com/reference/errors: one sentence, no code. 498 is a token that is blocked, 499 a call that was cancelled. */
export const decodeError = (status: number, body: unknown): UpstreamProblem => {
  const words = { message: asText(asObject(body)?.message), code: null }
  if (status === 498) return describeProblem(status, { ...words, means: 'upstream_unauthorized' })
  if (status === 499) return describeProblem(status, { ...words, means: 'upstream_failed' })
  return describeProblem(status, words)
}
