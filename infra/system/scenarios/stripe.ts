import type { Simulators } from '@atpar/simulators/start'
import { billingPeriodOf } from '@atpar/core/usage-event'
import { closeAll } from '../close-all.ts'
import { waitUntilSettled } from '../settled.ts'
import type { RunningSystem } from '../start-system.ts'
import { strike } from '../strike.ts'
import { createTenant, type SeededTenant } from '../tenant.ts'
import { playTraffic, type PlannedCall } from '../traffic.ts'
import { proveOne, type Scenario } from './scenario.ts'
import { waitFor } from './wait-for.ts'

/** Dear enough together for an invoice that is asked for. */
export const DEAR_CALLS: readonly PlannedCall[] = Array.from({ length: 60 }, () => ({
  kind: 'plain',
  dialect: 'openai-chat',
  model: 'gpt-4o',
  stream: false,
  directive: { tokens: 2_500 },
  maxTokens: 4_000,
  abortAfterEvents: null,
}))

const PUSHED_MS = 120_000

interface Collection {
  readonly state: string
  readonly amount: string
  readonly number: string
}

const readCollection = async (system: RunningSystem, { orgId }: SeededTenant): Promise<Collection | null> => {
  const { rows } = await system.owner.query<Collection>(
    `SELECT c.state, c.amount_cents::text AS amount, i.number FROM invoice_collection c JOIN invoice i ON i.id = c.invoice_id WHERE c.org_id = $1`,
    [orgId],
  )
  return rows[0] ?? null
}

interface Disturbance {
  readonly faults: readonly Parameters<Simulators['stripe']['faults']['add']>[0][]
  /** Again and again until the invoice is at Stripe. */
  readonly meanwhile: () => Promise<void>
}

/** A month with usage, closed and pushed to a Stripe that fails on the way: one invoice there, of our number and total, and no draft. */
const playPush = async (system: RunningSystem, { faults, meanwhile }: Disturbance) => {
  const { simulators } = system
  if (simulators === null) throw new TypeError('Stripe is simulated here')
  const tenant = await createTenant(system.owner, { name: 'stripe' })
  await playTraffic(DEAR_CALLS, { proxyUrl: system.proxyUrls[0] ?? '', key: tenant.key, concurrency: 8 })
  await waitUntilSettled(system)
  for (const fault of faults) simulators.stripe.faults.add(fault)
  const closed = await closeAll(system, [tenant], [billingPeriodOf(Date.now())])
  let isPushed = false
  const disturbing = (async () => {
    while (!isPushed) await meanwhile()
  })()
  try {
    await waitFor('the invoice to be at Stripe', PUSHED_MS, async () => {
      const state = (await readCollection(system, tenant))?.state
      return state !== undefined && state !== 'draft' && state !== 'pushing'
    })
  } catch (error) {
    const { rows } = await system.owner.query<object>(
      'SELECT state, attempts, blocked_reason, last_error FROM invoice_collection',
    )
    throw new Error(`${error instanceof Error ? error.message : String(error)}: ${JSON.stringify(rows)}`, {
      cause: error,
    })
  } finally {
    isPushed = true
    await disturbing
  }
  const collection = await readCollection(system, tenant)
  const there = [...simulators.stripe.world.tables.invoices.values()]
  const live = there.filter((invoice) => invoice.status !== 'void')
  return {
    seen: `${live.map((invoice) => `${invoice.status} ${invoice.subtotal}`).join(', ')} at Stripe, ${collection?.state} ${collection?.amount} here; ${simulators.stripe.calls.entries().length} calls`,
    troubles: [
      ...closed.troubles,
      ...(await proveOne(system, tenant.slug)),
      ...(live.length === 1 ? [] : [`${live.length} invoices at Stripe`]),
      ...live.flatMap((invoice) => [
        ...(invoice.status === 'draft' ? ['an orphan draft'] : []),
        ...(String(invoice.subtotal) === collection?.amount
          ? []
          : [`${invoice.subtotal} there, ${collection?.amount} here`]),
        ...(invoice.number === collection?.number ? [] : [`${invoice.number} there, ${collection?.number} here`]),
      ]),
    ],
  }
}

const sleepOneSecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_000))
const COLLECTS = { worker: true, stripe: true } as const

/** Collection while Stripe, or we, fail in the middle of it. Webhooks in every order: `webhooks.ts`. */
export const STRIPE_SCENARIOS: readonly Scenario[] = [
  {
    number: 4,
    fault: 'the worker killed again and again while it pushes an invoice',
    reach: 'one Stripe invoice, its total right, no orphan draft',
    system: COLLECTS,
    play: (system) =>
      playPush(system, {
        // Slow, so that each step is met by a kill.
        faults: [{ kind: 'slow', match: { method: 'POST' }, times: 12, delayMs: 1_500 }],
        meanwhile: async () => {
          await strike(system, 'worker')
          // Long enough for it to look what is due, and to begin.
          for (let second = 0; second < 12; second += 1) await sleepOneSecond()
        },
      }),
  },
  {
    number: 29,
    fault: 'Stripe: answers lost after commit, stored 500s, a storm of 429s, forgotten keys',
    reach: 'exactly one invoice',
    system: COLLECTS,
    play: (system) =>
      playPush(system, {
        faults: [
          { kind: 'rate_limit', times: 6 },
          { kind: 'timeout_after_commit', match: { method: 'POST', path: '/v1/invoices' }, times: 1 },
          { kind: 'reset_after_commit', match: { method: 'POST', path: '/v1/invoiceitems' }, times: 1 },
          { kind: 'stored_500', match: { method: 'POST', path: '/v1/invoices/:id/finalize' }, times: 1 },
        ],
        meanwhile: async () => {
          system.simulators?.stripe.pruneKeys()
          // The waits between two attempts grow to hours; here each is over at once.
          await system.owner.query(
            `UPDATE invoice_collection SET next_attempt_at = now() WHERE state IN ('draft', 'pushing') AND next_attempt_at > now()`,
          )
          await sleepOneSecond()
        },
      }),
  },
]
