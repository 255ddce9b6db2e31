import type { IncomingMessage, ServerResponse } from 'node:http'

import { handleApi } from './handle-api.ts'
import { handleStripeAdmin } from './handle-stripe-admin.ts'
import { handleHosted } from './hosted/handle-hosted.ts'
import type { StripeService } from './service.ts'

/** Simulated Stripe over HTTP. True when the path was one of its own. */
export function handleStripe(
  service: StripeService,
  call: { path: string; search: string; query: URLSearchParams; request: IncomingMessage; response: ServerResponse },
): boolean {
  if (call.path.startsWith('/v1/')) handleApi(service, call)
  else if (call.path === '/stripe' || call.path.startsWith('/stripe/')) handleHosted(service, call)
  else if (call.path.startsWith('/sim/stripe/')) handleStripeAdmin(service, call)
  else return false
  return true
}
