import { matchesType } from '../api/events.ts'
import type { StripeFaults } from '../faults.ts'
import type { StripeEvent } from '../objects.ts'
import type { World } from '../world.ts'
import { retryAt, type Delivery, type DeliveryTry } from './delivery.ts'
import { signPayload } from './signature.ts'

const TIMEOUT_MS = 10_000
const MOST_TRIES_KEPT = 5_000
/** How long a delivery that was told to come late in the order waits for another to pass it. */
const OVERTAKE_MS = 400

export interface WebhookSender {
  enqueue: (event: StripeEvent) => void
  /** Sends what is due; called whenever the clock moves. */
  pump: () => void
  /** Sends an event again, whatever came of it before. */
  redeliver: (event: StripeEvent) => void
  tries: () => DeliveryTry[]
  /** Resolves when nothing is being sent and nothing is due. */
  idle: () => Promise<void>
  stop: () => void
}

/**
 * At-least-once delivery over HTTP. One at a time to each endpoint and in order, unless a fault says otherwise:
 * Stripe promises no order, but a test that wants disorder should have it by command and not by luck.
 */
export function createWebhookSender(options: {
  world: World
  faults: StripeFaults
  changed: () => void
}): WebhookSender {
  const { world, faults } = options
  const busy = new Map<string, Promise<void>>()
  let tries: DeliveryTry[] = []
  let timer: NodeJS.Timeout | undefined
  let soon: NodeJS.Immediate | undefined
  let isStopped = false

  const nowMs = () => world.realNow().getTime() + world.clockAheadMs

  function add(event: StripeEvent, endpointId: string, delayMs: number): void {
    const dueAt = nowMs() + delayMs
    const delivery: Delivery = {
      id: world.newId('dlv'),
      eventId: event.id,
      endpointId,
      attempts: 0,
      dueAt,
      firstDueAt: dueAt,
    }
    world.tables.deliveries.set(delivery.id, delivery)
    event.pending_webhooks += 1
  }

  function enqueue(event: StripeEvent): void {
    for (const endpoint of world.tables.webhookEndpoints.values()) {
      if (endpoint.status !== 'enabled') continue
      if (!endpoint.enabled_events.some((wanted) => matchesType(event.type, wanted))) continue
      const fault = faults.takeForWebhook(event.type)
      if (fault?.kind === 'webhook_drop') continue
      const delayMs =
        fault?.kind === 'webhook_delay'
          ? fault.delaySeconds * 1_000
          : fault?.kind === 'webhook_reorder'
            ? OVERTAKE_MS
            : 0
      add(event, endpoint.id, delayMs)
      if (fault?.kind === 'webhook_duplicate') add(event, endpoint.id, 0)
    }
    pumpSoon()
  }

  /** Once for all the events of one turn. */
  function pumpSoon(): void {
    soon ??= setImmediate(() => {
      soon = undefined
      pump()
    })
  }

  function due(): Delivery[] {
    const now = nowMs()
    return [...world.tables.deliveries.values()].filter((one) => one.dueAt <= now)
  }

  function pump(): void {
    clearTimeout(timer)
    if (isStopped) return
    const first = new Map<string, Delivery>()
    for (const one of due()) {
      const held = first.get(one.endpointId)
      if (held === undefined || one.dueAt < held.dueAt) first.set(one.endpointId, one)
    }
    for (const delivery of first.values()) {
      if (busy.has(delivery.endpointId)) continue
      const sending = send(delivery).finally(() => {
        busy.delete(delivery.endpointId)
        options.changed()
        pump()
      })
      busy.set(delivery.endpointId, sending)
    }
    let next = Infinity
    for (const { dueAt } of world.tables.deliveries.values()) next = Math.min(next, dueAt)
    if (busy.size > 0 || next === Infinity) return
    timer = setTimeout(pump, Math.min(60_000, Math.max(5, next - nowMs())))
    timer.unref()
  }

  async function send(delivery: Delivery): Promise<void> {
    const event = world.tables.events.get(delivery.eventId)
    const endpoint = world.tables.webhookEndpoints.get(delivery.endpointId)
    if (event === undefined || endpoint === undefined) {
      world.tables.deliveries.delete(delivery.id)
      return
    }
    const body = JSON.stringify(event, null, 2)
    delivery.attempts += 1
    const status = await post(endpoint.url, body, signPayload(body, endpoint.secret ?? '', world.realNow()))
    tries.push({
      eventId: event.id,
      type: event.type,
      endpointId: endpoint.id,
      attempt: delivery.attempts,
      at: world.realNow().toISOString(),
      status,
    })
    if (tries.length > MOST_TRIES_KEPT * 1.25) tries = tries.slice(-MOST_TRIES_KEPT)
    const isTaken = status !== null && status >= 200 && status < 300
    const next = isTaken ? null : retryAt(delivery, nowMs())
    if (next === null) {
      world.tables.deliveries.delete(delivery.id)
      if (isTaken) event.pending_webhooks = Math.max(0, event.pending_webhooks - 1)
    } else delivery.dueAt = next
  }

  async function idle(): Promise<void> {
    while (!isStopped && (busy.size > 0 || due().length > 0)) {
      if (busy.size === 0) pump()
      // Whatever came of each is in the tables.
      await Promise.allSettled(busy.values())
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  return {
    enqueue,
    pump,
    redeliver: (event) => {
      for (const endpoint of world.tables.webhookEndpoints.values()) {
        if (endpoint.enabled_events.some((wanted) => matchesType(event.type, wanted))) add(event, endpoint.id, 0)
      }
      pumpSoon()
    },
    tries: () => [...tries],
    idle,
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

/** Null when nothing answers in time. */
async function post(url: string, body: string, signature: string): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signature,
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      },
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    // Refused, reset or too slow: all the same to Stripe, which tries again.
    return null
  }
}
