import { createEndpoint } from './api/events.ts'
import { createCallBook, type CallBook } from './call-book.ts'
import { createStripeFaults, type StripeFaults } from './faults.ts'
import type { Dispute } from './objects.ts'
import { closeDispute, openDispute } from './money/dispute.ts'
import { refuseMissing } from './refusal.ts'
import { advanceClock, runDue } from './schedule.ts'
import { emptyWorld, keepSnapshot, restoreSnapshot } from './snapshot.ts'
import { createWebhookSender, type WebhookSender } from './webhooks/send.ts'
import { createWorld, type World } from './world.ts'

const TICK_MS = 1_000

/** Simulated Stripe, in process. Over HTTP the same is at `/v1/…`, its pages at `/stripe/…`, its levers at `/sim/stripe/…`. */
export interface StripeService {
  world: World
  faults: StripeFaults
  calls: CallBook
  webhooks: WebhookSender
  /** Keys being worked on. */
  running: Set<string>
  /** With a `name` it replaces the one of that name: an installation's own, whose port may differ at every start. */
  addWebhookEndpoint: (endpoint: {
    url: string
    secret: string
    enabledEvents?: readonly string[]
    name?: string
  }) => void
  /** Moves the clock and does on the way what falls due. */
  advance: (seconds: number) => void
  openDispute: (chargeId: string, dispute?: { reason?: string; amount?: number }) => Dispute
  closeDispute: (disputeId: string, outcome: 'won' | 'lost') => void
  redeliver: (eventId: string) => void
  /** Forgets every idempotency key, as Stripe may after 24 hours. */
  pruneKeys: () => void
  /** Forgets everything but where webhooks go; the clock is right again. */
  forget: () => void
  /** Resolves when nothing is due and every webhook that could be was sent. */
  idle: () => Promise<void>
  /** Does what is due after a request, once its answer is out. */
  wake: () => void
  /** Told of errors that are the simulator's own fault. */
  reportBug: (error: unknown) => void
  close: () => void
}

export function createStripeService(options: {
  now: () => Date
  reportBug: (error: unknown) => void
  /** Where its state outlives the process. */
  filePath?: string
}): StripeService {
  const world = createWorld(options.now)
  const faults = createStripeFaults()
  const { filePath } = options
  if (filePath !== undefined) restoreSnapshot(world, filePath)
  const keeper = filePath === undefined ? undefined : keepSnapshot(world, filePath)
  const webhooks = createWebhookSender({ world, faults, changed: () => keeper?.changed() })
  world.onEvent = webhooks.enqueue

  function wake(): void {
    try {
      if (runDue(world)) keeper?.changed()
    } catch (error) {
      options.reportBug(error)
    }
  }
  const ticking = setInterval(wake, TICK_MS)
  ticking.unref()

  return {
    world,
    faults,
    calls: createCallBook(),
    webhooks,
    running: new Set(),
    reportBug: options.reportBug,
    addWebhookEndpoint: ({ url, secret, enabledEvents = ['*'], name = null }) => {
      const held = [...world.tables.webhookEndpoints.values()].find((one) =>
        name === null ? one.url === url : one.description === name,
      )
      if (held === undefined) createEndpoint(world, { url, secret, enabledEvents, description: name })
      else Object.assign(held, { url, secret, enabled_events: [...enabledEvents] })
    },
    advance: (seconds) => {
      advanceClock(world, seconds)
      webhooks.pump()
      keeper?.changed()
    },
    openDispute: (chargeId, dispute = {}) => {
      const charge = world.tables.charges.get(chargeId)
      if (charge === undefined) throw refuseMissing('charge', chargeId)
      const { reason = 'fraudulent', amount } = dispute
      return openDispute(world, charge, { reason, ...(amount === undefined ? {} : { amount }) })
    },
    closeDispute: (disputeId, outcome) => {
      const dispute = world.tables.disputes.get(disputeId)
      if (dispute === undefined) throw refuseMissing('dispute', disputeId)
      closeDispute(world, dispute, outcome)
    },
    redeliver: (eventId) => {
      const event = world.tables.events.get(eventId)
      if (event === undefined) throw refuseMissing('event', eventId)
      webhooks.redeliver(event)
    },
    pruneKeys: () => world.tables.idempotency.clear(),
    forget: () => {
      emptyWorld(world)
      keeper?.changed()
    },
    idle: async () => {
      wake()
      await webhooks.idle()
    },
    wake: () => {
      keeper?.changed()
      setImmediate(wake)
    },
    close: () => {
      clearInterval(ticking)
      webhooks.stop()
      keeper?.flush()
    },
  }
}
