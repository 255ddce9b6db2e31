import type { UpstreamProblem } from './contract.ts'
import { asObject, asObjects, asText } from './fields.ts'
import { describeProblem, type ProviderWords } from './upstream-problem.ts'

export const readErrorWords = (body: unknown): ProviderWords => {
  // A stream that fails before its first event answers an array.
  const error = asObject(asObject(Array.isArray(body) ? body[0] : body)?.error)
  const reasons = asObjects(error?.details).map((detail) => asText(detail.reason))
  const words = { message: asText(error?.message), code: asText(error?.status) }
  // A bad key is "invalid argument" (400) here: our credential's fault, not the caller's.
  return reasons.includes('API_KEY_INVALID') || /API key (?:not valid|expired)/i.test(words.message ?? '')
    ? { ...words, means: 'upstream_unauthorized' }
    : words
}

export const decodeError = (status: number, body: unknown): UpstreamProblem =>
  describeProblem(status, readErrorWords(body))
