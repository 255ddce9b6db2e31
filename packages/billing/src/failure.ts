import { Stripe } from 'stripe'

/**
 * What to do about an answer that is none. `again`: the same request under the same key · `afresh`: Stripe failed and will repeat that failure under
 * this key for a day, so the next attempt looks what there is and takes a new one · `refused`: asking again changes nothing.
 */
export type FailureKind = 'again' | 'afresh' | 'refused' | 'missing'

/** Null for what did not come from Stripe: that is a bug of ours. */
export const classifyFailure = (error: unknown): FailureKind | null => {
  if (!(error instanceof Stripe.errors.StripeError)) return null
  if (error instanceof Stripe.errors.StripeConnectionError || error instanceof Stripe.errors.StripeRateLimitError)
    return 'again'
  if (error instanceof Stripe.errors.StripeIdempotencyError) return 'afresh'
  // 409: another request under this key is still running.
  if (error.statusCode === 429 || error.statusCode === 409) return 'again'
  if (error.statusCode !== undefined && error.statusCode >= 500) return 'afresh'
  return error.statusCode === 404 ? 'missing' : 'refused'
}

/** For a log or a column: Stripe's code and sentence, without a request's contents. */
export const describeFailure = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  const code = error instanceof Stripe.errors.StripeError ? (error.code ?? error.type) : undefined
  return (code === undefined ? text : `${code}: ${text}`).slice(0, 500)
}
