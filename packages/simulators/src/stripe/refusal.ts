/** What Stripe puts under `error`. */
export interface StripeErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  message: string
  code?: string
  param?: string
  decline_code?: string
  charge?: string
  payment_intent?: unknown
  setup_intent?: unknown
  payment_method?: unknown
}

/** Simulated Stripe says no. */
export class StripeRefusal extends Error {
  readonly status: number
  readonly body: StripeErrorBody
  /**
   * Whether an idempotency key remembers this answer: Stripe remembers what began to run, and forgets what was
   * refused before (bad parameters, bad keys, rate limits).
   */
  readonly isRemembered: boolean

  constructor(status: number, body: StripeErrorBody, isRemembered = true) {
    super(body.message)
    this.name = 'StripeRefusal'
    this.status = status
    this.body = body
    this.isRemembered = isRemembered
  }
}

/** A request that is well formed and cannot be done. */
export function refuse(message: string, detail: { code?: string; param?: string } = {}): StripeRefusal {
  return new StripeRefusal(400, { type: 'invalid_request_error', message, ...detail })
}

export function refuseMissing(noun: string, id: string, param = 'id'): StripeRefusal {
  const message = `No such ${noun}: '${id}'`
  return new StripeRefusal(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message,
    param,
  })
}

/** A parameter Stripe would not even begin with. */
export function refuseParameter(message: string, detail: { code?: string; param?: string }): StripeRefusal {
  return new StripeRefusal(400, { type: 'invalid_request_error', message, ...detail }, false)
}
