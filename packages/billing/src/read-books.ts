import type { Stripe } from 'stripe'
import { fromStripeAmount } from './cents.ts'
import { refOf } from './read-invoice.ts'
import { readHint, type StripeHint } from './webhook.ts'

/** One line of Stripe's own book of our money. */
export interface BookLine {
  readonly id: string
  readonly type: string
  /** The charge, refund, dispute or payout it is about. */
  readonly sourceId: string | null
  readonly amountCents: bigint
  readonly feeCents: bigint
  readonly currency: string
  readonly occurredAtMs: number
}

/** Everything booked since an instant, newest first. */
export async function* readBook(stripe: Stripe, sinceMs: number): AsyncGenerator<BookLine> {
  const since = Math.floor(sinceMs / 1000)
  for await (const line of stripe.balanceTransactions.list({ created: { gte: since }, limit: 100 }))
    yield {
      id: line.id,
      type: line.type,
      sourceId: refOf(line.source as string | { id: string } | null),
      amountCents: fromStripeAmount(line.amount),
      feeCents: fromStripeAmount(line.fee),
      currency: line.currency,
      occurredAtMs: line.created * 1000,
    }
}

/** Every event since an instant (Stripe keeps 30 days), newest first: what no webhook may have brought. */
export async function* readEvents(
  stripe: Stripe,
  range: { readonly sinceMs: number; readonly livemode: boolean },
): AsyncGenerator<StripeHint> {
  const since = Math.floor(range.sinceMs / 1000)
  for await (const event of stripe.events.list({ created: { gte: since }, limit: 100 }))
    yield readHint(event, { livemode: range.livemode })
}
