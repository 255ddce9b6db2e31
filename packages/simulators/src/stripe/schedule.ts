import { expireSession } from './api/checkout.ts'
import { collectInvoice } from './invoice/collect.ts'
import { finalizeInvoice } from './invoice/finalize.ts'
import { failRefund } from './money/refund.ts'
import { StripeRefusal } from './refusal.ts'
import type { World } from './world.ts'

interface Task {
  at: number
  run: () => void
}

/** What Stripe does by itself, by the time it is due. The state says it all, so that nothing is lost by a restart. */
function tasksUntil(world: World, end: number): Task[] {
  const tasks: Task[] = []
  for (const [id, { tryAt }] of world.tables.collections) {
    const invoice = world.tables.invoices.get(id)
    if (tryAt === null || tryAt > end || invoice === undefined) continue
    tasks.push({ at: tryAt, run: () => collectInvoice(world, invoice) })
  }
  for (const invoice of world.tables.invoices.values()) {
    const at = invoice.automatically_finalizes_at
    if (invoice.status !== 'draft' || at === null || at > end) continue
    tasks.push({ at, run: () => finalizeByItself(world, invoice.id) })
  }
  for (const session of world.tables.checkoutSessions.values()) {
    if (session.status !== 'open' || session.expires_at > end) continue
    tasks.push({ at: session.expires_at, run: () => expireSession(world, session) })
  }
  for (const [id, at] of world.tables.failingRefunds) {
    const refund = world.tables.refunds.get(id)
    if (at <= end && refund !== undefined) tasks.push({ at, run: () => failRefund(world, refund) })
  }
  return tasks.toSorted((a, b) => a.at - b.at)
}

function finalizeByItself(world: World, id: string): void {
  const invoice = world.tables.invoices.get(id)
  if (invoice === undefined) return
  try {
    finalizeInvoice(world, invoice, undefined)
  } catch (error) {
    // Nobody asked: the failure stands in the invoice and in an event.
    if (!(error instanceof StripeRefusal)) throw error
  }
}

/** Does everything that is due by now. */
export function runDue(world: World): boolean {
  const tasks = tasksUntil(world, world.now())
  world.request = { id: null, idempotency_key: null }
  for (const task of tasks) task.run()
  return tasks.length > 0
}

/** Moves the simulated clock, stopping wherever something is due; each happens at its own time. */
export function advanceClock(world: World, seconds: number): void {
  const end = world.now() + seconds
  for (;;) {
    const next = tasksUntil(world, end)[0]
    if (next === undefined) break
    world.clockAheadMs += Math.max(0, next.at - world.now()) * 1_000
    runDue(world)
  }
  world.clockAheadMs += Math.max(0, end - world.now()) * 1_000
}
