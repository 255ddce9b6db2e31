import type { ErrorCode } from '@atpar/core/errors'
import type { UpstreamProblem } from '../contract.ts'
import { asObject, asText } from '../fields.ts'
import { describeProblem, type ProviderWords } from '../upstream-problem.ts'

/**
 * AWS names an error in `__type` or in a header; the status alone tells less (https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html).
 */
const readErrorWords = (body: unknown): ProviderWords => {
  const error = asObject(body)
  const type = asText(error?.__type)
  return {
    message: asText(error?.message) ?? asText(error?.Message),
    // "com.amazon.coral.service#ThrottlingException:http://…" in older answers.
    code: type === null ? null : (/([A-Za-z]+)(?::.*)?$/.exec(type.split('#').at(-1) ?? '')?.[1] ?? null),
  }
}

/** A key that may not call this one model, or an account that was not given it: another target helps, and the key is fine. */
const NOT_GRANTED = /is not authorized to perform|have access to the model|not available for this account/i

const meaningOf = (status: number, { message }: ProviderWords): ErrorCode | null => {
  // 424: the model failed at whoever runs it; AWS passes the fault on under its own status.
  if (status === 424) return 'upstream_failed'
  return status === 403 && message !== null && NOT_GRANTED.test(message) ? 'upstream_failed' : null
}

export const decodeError = (status: number, body: unknown): UpstreamProblem => {
  const words = readErrorWords(body)
  const means = meaningOf(status, words)
  return describeProblem(status, means === null ? words : { ...words, means })
}
