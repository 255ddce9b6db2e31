import { createHmac } from 'node:crypto'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { closeAll } from '../close-all.ts'
import { giveCard } from '../give-card.ts'
import { STRIPE_WEBHOOK_SECRET } from '../secrets.ts'
import { waitUntilSettled } from '../settled.ts'
import type { RunningSystem } from '../start-system.ts'
import { createTenant, type SeededTenant } from '../tenant.ts'
import { playTraffic } from '../traffic.ts'
import { proveOne, type Scenario } from './scenario.ts'
import { DEAR_CALLS } from './stripe.ts'
import { waitFor } from './wait-for.ts'

const PAID_MS = 180_000
const THREE_DAYS_SECONDS = 3 * 86_400

const simulated = ({ simulators }: RunningSystem) => {
  if (simulators === null) throw new TypeError('Stripe is simulated here')
  return simulators
}

interface Delivery {
  readonly body: string
  readonly secret?: string
  /** By how much the signature is older than now. */
  readonly ageSeconds?: number
  /** What is sent in place of what was signed. */
  readonly altered?: string
}

/** @returns the status of the answer */
const deliver = async (system: RunningSystem, delivery: Delivery): Promise<number> => {
  const { body, secret = STRIPE_WEBHOOK_SECRET, ageSeconds = 0, altered = body } = delivery
  const time = Math.floor(Date.now() / 1_000) - ageSeconds
  const mac = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  const answer = await fetch(`${system.dashboardUrl}/api/stripe/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': `t=${time},v1=${mac}` },
    body: altered,
  })
  await answer.body?.cancel()
  return answer.status
}

const eventsOf = (system: RunningSystem): readonly string[] =>
  [...simulated(system).stripe.world.tables.events.values()].map((event) => JSON.stringify(event))

interface Books {
  readonly state: string
  readonly paid: string
  readonly payments: number
  readonly waiting: number
  readonly cash: string
}

const readBooks = async (system: RunningSystem, { orgId }: SeededTenant): Promise<Books | undefined> => {
  const { rows } = await system.owner.query<Books>(
    `SELECT c.state, c.paid_cents::text AS paid, (SELECT count(*)::int FROM ledger_transaction t WHERE t.org_id = $1 AND t.kind = 'payment') AS payments,
      (SELECT count(*)::int FROM stripe_event WHERE applied_at IS NULL) AS waiting,
      (SELECT coalesce(sum(e.amount_pusd), 0)::text FROM ledger_entry e WHERE e.org_id = $1 AND e.account IN ('cash:stripe', 'stripe_fees')) AS cash
    FROM invoice_collection c WHERE c.org_id = $1`,
    [orgId],
  )
  return rows[0]
}

const forge = async (system: RunningSystem, body: string): Promise<readonly string[]> => {
  const forged: Readonly<Record<string, Delivery>> = {
    'signed with another secret': { body, secret: 'whsec_of_somebody_else' },
    'signed with an empty secret': { body, secret: '' },
    'altered after it was signed': { body, altered: body.replace(/"id":"evt_/, '"id":"evt_x') },
    'replayed with a signature of three days ago': { body, ageSeconds: THREE_DAYS_SECONDS },
  }
  const troubles: string[] = []
  for (const [how, delivery] of Object.entries(forged)) {
    const status = await deliver(system, delivery)
    if (status !== 400) troubles.push(`${how}: ${status}`)
  }
  return troubles
}

/** A month paid by card whose webhooks come as Stripe's do on a bad day, and some that are not Stripe's. */
export const WEBHOOK_SCENARIOS: readonly Scenario[] = [
  {
    number: 28,
    fault: 'webhooks duplicated, reordered, three days late, replayed, altered, forged, signed with an empty secret',
    reach: 'final state = Stripe’s, cash posted once, forged → 400',
    system: { worker: true, stripe: true, dashboard: true },
    play: async (system) => {
      // Nothing is delivered but by hand.
      simulated(system).stripe.world.tables.webhookEndpoints.clear()
      const tenant = await createTenant(system.owner, { name: 'webhooks' })
      await giveCard(system, tenant)
      await playTraffic(DEAR_CALLS, { proxyUrl: system.proxyUrls[0] ?? '', key: tenant.key, concurrency: 8 })
      await waitUntilSettled(system)
      const closed = await closeAll(system, [tenant], [billingPeriodOf(Date.now())])
      const invoiceThere = () => [...simulated(system).stripe.world.tables.invoices.values()].at(-1)
      await waitFor('Stripe to be paid', PAID_MS, () => Promise.resolve(invoiceThere()?.status === 'paid'))
      await simulated(system).stripe.idle()
      const events = eventsOf(system)
      const late = events.map((body) =>
        body.replace(/"created":(\d+)/, (_all, at) => `"created":${Number(at) - THREE_DAYS_SECONDS}`),
      )
      const troubles: string[] = []
      const statuses: number[] = []
      for (const body of [...late.toReversed(), ...late, ...events]) statuses.push(await deliver(system, { body }))
      if (statuses.some((status) => status !== 200)) troubles.push(`answers ${[...new Set(statuses)].join(', ')}`)
      troubles.push(...(await forge(system, events.at(-1) ?? '')))
      await waitFor('every event to be applied', PAID_MS, async () => {
        const books = await readBooks(system, tenant)
        return books?.waiting === 0 && books.state === 'paid'
      })
      for (const body of events) await deliver(system, { body })
      const books = await readBooks(system, tenant)
      const there = invoiceThere()
      const picoPerCent = 10_000_000_000n
      return {
        seen: `${statuses.length} deliveries of ${events.length} events; ${books?.state} ${books?.paid} here, ${there?.status} ${there?.amount_paid} there, cash posted ${books?.payments} times`,
        troubles: [
          ...troubles,
          ...closed.troubles,
          ...(await proveOne(system, tenant.slug)),
          ...(books?.payments === 1 ? [] : [`cash posted ${books?.payments} times`]),
          ...(books?.paid === String(there?.amount_paid) ? [] : [`${books?.paid} here, ${there?.amount_paid} there`]),
          ...(books?.cash === (BigInt(there?.amount_paid ?? 0) * picoPerCent).toString()
            ? []
            : [`cash and fees come to ${books?.cash} pUSD`]),
        ],
      }
    },
  },
]
