import type { UpstreamProblem } from '../contract.ts'
import { asObject, asText } from '../fields.ts'
import { describeProblem } from '../upstream-problem.ts'

/** `{"error":"…"}`, one sentence and no code (https://docs.ollama.com/api/errors). */
export const decodeError = (status: number, body: unknown): UpstreamProblem =>
  describeProblem(status, { message: asText(asObject(body)?.error), code: null })
