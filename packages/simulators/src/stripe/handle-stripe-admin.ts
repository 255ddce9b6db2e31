import type { IncomingMessage, ServerResponse } from 'node:http'

import { z } from 'zod'

import { readRequestBody } from '../service/read-request-body.ts'
import { sendText } from '../service/send.ts'
import { chaosSchema, stripeFaultSchema } from './faults.ts'
import { StripeRefusal } from './refusal.ts'
import type { StripeService } from './service.ts'

const MOST_BYTES = 65_536

const clockSchema = z.union([
  z.strictObject({ advanceSeconds: z.int().min(0) }),
  /** ISO 8601; not before what the clock says. */
  z.strictObject({ to: z.iso.datetime() }),
])
const disputeSchema = z.strictObject({ charge: z.string(), reason: z.string().optional(), amount: z.int().optional() })
const outcomeSchema = z.strictObject({ outcome: z.enum(['won', 'lost']) })
const endpointSchema = z.strictObject({
  url: z.url(),
  secret: z.string(),
  enabledEvents: z.array(z.string()).optional(),
})

/** Everything under `/sim/stripe/`: levers for tests, JSON in and out. */
export function handleStripeAdmin(
  service: StripeService,
  exchange: { path: string; request: IncomingMessage; response: ServerResponse },
): void {
  const { path, request, response } = exchange
  readRequestBody(request, MOST_BYTES, (read) => {
    const answer = (status: number, body: unknown) =>
      sendText(response, { status, type: 'application/json; charset=utf-8', text: JSON.stringify(body) })
    try {
      const text = read.kind === 'whole' ? read.body.toString() : ''
      const given: unknown = text === '' ? {} : JSON.parse(text)
      const made = act(service, `${request.method ?? 'GET'} ${path.slice('/sim/stripe/'.length)}`, given)
      answer(made === undefined ? 404 : 200, made ?? { error: 'no such lever' })
    } catch (error) {
      if (error instanceof z.ZodError) answer(400, { error: z.prettifyError(error) })
      else if (error instanceof StripeRefusal || error instanceof SyntaxError) answer(400, { error: error.message })
      else {
        service.reportBug(error)
        answer(500, { error: 'a bug in the simulator' })
      }
    }
  })
}

function act(service: StripeService, name: string, given: unknown): unknown {
  const [, id = ''] = /\/([^/]+)/.exec(name.split(' ')[1] ?? '') ?? []
  switch (name.replace(id === '' ? /$/ : `/${id}`, id === '' ? '' : '/:id')) {
    case 'GET calls':
      return { counts: service.calls.counts(), calls: service.calls.entries() }
    case 'DELETE calls':
      service.calls.clear()
      return { ok: true }
    case 'GET deliveries':
      return { tries: service.webhooks.tries(), waiting: [...service.world.tables.deliveries.values()] }
    case 'GET clock':
      return readClock(service)
    case 'POST clock':
      return moveClock(service, clockSchema.parse(given))
    case 'GET faults':
      return { faults: service.faults.list() }
    case 'POST faults':
      return { id: service.faults.add(stripeFaultSchema.parse(given)) }
    case 'DELETE faults':
      service.faults.clear()
      return { ok: true }
    case 'DELETE faults/:id':
      return service.faults.remove(Number(id)) ? { ok: true } : undefined
    case 'POST chaos':
      service.faults.setChaos(chaosSchema.parse(given))
      return { ok: true }
    case 'POST endpoints': {
      const { enabledEvents, ...endpoint } = endpointSchema.parse(given)
      service.addWebhookEndpoint({ ...endpoint, ...(enabledEvents === undefined ? {} : { enabledEvents }) })
      return { ok: true }
    }
    case 'POST disputes': {
      const { charge, reason, amount } = disputeSchema.parse(given)
      return service.openDispute(charge, {
        ...(reason === undefined ? {} : { reason }),
        ...(amount === undefined ? {} : { amount }),
      })
    }
    case 'POST disputes/:id':
      service.closeDispute(id, outcomeSchema.parse(given).outcome)
      return { ok: true }
    case 'POST redeliver/:id':
      service.redeliver(id)
      return { ok: true }
    case 'DELETE keys':
      service.pruneKeys()
      return { ok: true }
    case 'DELETE everything':
      service.forget()
      return { ok: true }
    default:
      return undefined
  }
}

const readClock = ({ world }: StripeService) => ({
  now: new Date(world.now() * 1_000).toISOString(),
  aheadSeconds: Math.round(world.clockAheadMs / 1_000),
})

function moveClock(service: StripeService, wanted: z.infer<typeof clockSchema>): unknown {
  const seconds =
    'to' in wanted
      ? Math.max(0, Math.floor(new Date(wanted.to).getTime() / 1_000) - service.world.now())
      : wanted.advanceSeconds
  service.advance(seconds)
  return readClock(service)
}
