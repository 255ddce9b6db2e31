import type { IncomingMessage, ServerResponse } from 'node:http'

import { GOOGLE_TOKEN_PATH, handleGoogleToken } from '../cloud/google-token.ts'
import { handleMail } from '../mail/handle-mail.ts'
import { findProvider } from '../providers.ts'
import { handleReports } from '../reports/handle-reports.ts'
import { handleStripe } from '../stripe/handle-stripe.ts'
import type { SimulatorContext } from './context.ts'
import { handleAdmin } from './handle-admin.ts'
import { handleProvider } from './handle-provider.ts'
import { writeHomePage } from './home-page.ts'
import { sendJson, sendText } from './send.ts'

// Reading an empty query costs a tenth of a small answer.
const NO_QUERY = new URLSearchParams()

/** Every request to the one port: a provider, Stripe, the mail sink, the admin paths, or the page that explains them. */
export function handleRequest(context: SimulatorContext, request: IncomingMessage, response: ServerResponse): void {
  const [path = '/', search = ''] = (request.url ?? '/').split('?', 2)
  const query = search === '' ? NO_QUERY : new URLSearchParams(search)
  const call = { path, query, request, response }
  // Before the providers, whose paths these begin like.
  if (path.includes('/v1/organization') && handleReports(context, call)) return
  if (path === GOOGLE_TOKEN_PATH) {
    handleGoogleToken(context, { request, response })
    return
  }
  const found = findProvider(path)
  if (found !== undefined) {
    handleProvider(context, { provider: found.provider, path: found.rest, query, request, response })
    return
  }
  if (handleStripe(context.stripe, { ...call, search }) || handleAdmin(context, call)) return
  if (handleMail(context.mail, call)) return
  switch (`${request.method ?? 'GET'} ${path}`) {
    case 'GET /':
      sendText(response, { status: 200, type: 'text/html; charset=utf-8', text: writeHomePage(context) })
      return
    case 'GET /healthz':
      sendJson(response, JSON.stringify({ ok: true, service: 'simulators', instance: context.instanceId }))
      return
    default:
      sendText(response, {
        status: 404,
        type: 'text/plain; charset=utf-8',
        text: `The simulators have nothing at ${path}.\n`,
      })
  }
}
