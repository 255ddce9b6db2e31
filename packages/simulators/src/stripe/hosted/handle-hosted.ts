import type { IncomingMessage, ServerResponse } from 'node:http'

import { readRequestBody } from '../../service/read-request-body.ts'
import { sendText } from '../../service/send.ts'
import { StripeRefusal } from '../refusal.ts'
import type { StripeService } from '../service.ts'
import { answerAuthenticate, writeResult } from './authenticate-page.ts'
import { answerCheckout } from './checkout-page.ts'
import { answerHome } from './home-page.ts'
import { answerInvoice } from './invoice-page.ts'
import type { PageAnswer, PageCall } from './page-answer.ts'
import { answerPortal } from './portal-page.ts'

const MOST_BYTES = 65_536

/** Everything under `/stripe`: the pages Stripe would host. */
export function handleHosted(
  service: StripeService,
  exchange: { path: string; query: URLSearchParams; request: IncomingMessage; response: ServerResponse },
): void {
  const { path, query, request, response } = exchange
  readRequestBody(request, MOST_BYTES, (read) => {
    const call: PageCall = {
      method: request.method ?? 'GET',
      parts: path
        .split('/')
        .slice(2)
        .filter((part) => part !== ''),
      query,
      form: new URLSearchParams(read.kind === 'whole' ? read.body.toString() : ''),
    }
    service.world.request = { id: null, idempotency_key: null }
    service.world.baseUrl = `http://${request.headers.host ?? '127.0.0.1'}`
    const made = answer(service, call)
    service.wake()
    if (made.kind === 'see_other') response.writeHead(303, { location: made.url }).end()
    else sendText(response, { status: made.status ?? 200, type: 'text/html; charset=utf-8', text: made.html })
  })
}

const NOT_FOUND: PageAnswer = {
  kind: 'page',
  status: 404,
  html: writeResult('Nothing here', 'This page does not exist, or no longer.'),
}

function answer(service: StripeService, call: PageCall): PageAnswer {
  const { world } = service
  const [place, id = ''] = call.parts
  try {
    switch (place) {
      case undefined:
        return answerHome(service, call)
      case 'checkout': {
        const session = world.tables.checkoutSessions.get(id)
        return session === undefined ? NOT_FOUND : answerCheckout(world, session, call)
      }
      case 'portal': {
        const session = world.tables.portalSessions.get(id)
        return session === undefined ? NOT_FOUND : answerPortal(world, session, call)
      }
      case 'invoices': {
        const invoice = world.tables.invoices.get(id)
        return invoice === undefined ? NOT_FOUND : answerInvoice(world, invoice, call)
      }
      case 'authenticate':
        return answerAuthenticate(world, id, call)
      case 'done':
        return { kind: 'page', html: writeResult('Done', 'You can close this page.') }
      default:
        return NOT_FOUND
    }
  } catch (error) {
    if (!(error instanceof StripeRefusal)) {
      service.reportBug(error)
      return { kind: 'page', status: 500, html: writeResult('A bug in the simulator', 'It is in its log.') }
    }
    return { kind: 'page', status: error.status, html: writeResult('That cannot be done', error.message) }
  }
}
