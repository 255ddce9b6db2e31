import type { AppError, LimitDetail } from '@atpar/core/errors'
import type { JsonObject } from '@atpar/core/json'

/** The facts of an error in the vocabulary of the docs, alike in every format that has room for them. */
export const describeError = (error: AppError): JsonObject => {
  const { provider, providerCode, providerStatus, retryAfterSeconds, limit, previousErrors, missing } = error.metadata
  const { retiredOn, successor } = error.metadata
  const described: JsonObject = { error_type: error.code, retryable: error.retryable }
  if (provider !== undefined) described.provider = provider
  if (providerCode !== undefined) described.provider_code = providerCode
  if (providerStatus !== undefined) described.provider_status = providerStatus
  if (retryAfterSeconds !== undefined) described.retry_after = retryAfterSeconds
  if (previousErrors !== undefined)
    described.previous_errors = previousErrors.map(({ provider: name, code, status }) => ({
      provider: name,
      code,
      status,
    }))
  if (missing !== undefined) described.missing = [...missing]
  if (retiredOn !== undefined) described.retired_on = retiredOn
  if (successor !== undefined) described.successor = successor
  if (limit !== undefined) described.limit = describeLimit(limit)
  return described
}

export const describeLimit = (limit: LimitDetail): JsonObject => ({
  scope: limit.scope,
  id: limit.id,
  kind: limit.kind,
  limit: limit.limit,
  ...(limit.spent === undefined ? {} : { spent: limit.spent }),
  ...(limit.held === undefined ? {} : { held: limit.held }),
  ...(limit.remaining === undefined ? {} : { remaining: limit.remaining }),
  resets_at: limit.resetsAt,
  ...(limit.unit === undefined ? {} : { unit: limit.unit }),
  ...(limit.modelId === undefined ? {} : { model: limit.modelId }),
  ...(limit.tag === undefined ? {} : { tag: limit.tag }),
  ...(limit.raisedBy === undefined ? {} : { raised_by: limit.raisedBy }),
})
