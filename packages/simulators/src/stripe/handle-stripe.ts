import type { IncomingMessage, ServerResponse } from 'node:http'

import { handleApi } from './handle-api.ts'
import type { StripeService } from './service.ts'

/** Simulated Stripe over HTTP. True when the path was one of its own. */
export function handleStripe(
  service: StripeService,
  call: { path: string; search: string; request: IncomingMessage; response: ServerResponse },
): boolean {
  if (call.path.startsWith('/v1/')) {
    handleApi(service, call)
    return true
  }
  return false
}
