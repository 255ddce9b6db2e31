import { decideAutoTopUp } from '@atpar/core/auto-top-up'
import { owedOf } from '@atpar/core/credit-line'
import { PUSD_PER_CENT, pusd } from '@atpar/core/money'
import { toStripeAmount } from '@atpar/billing/cents'
import { chargeTopUp } from '@atpar/billing/hosted-pages'
import { classifyFailure, describeFailure } from '@atpar/billing/failure'
import { newId } from '../billing/post-ledger.ts'
import type { Reader } from '../billing/transaction.ts'
import type { CollectDeps } from '../collect/collecting.ts'
import { syncIntent } from '../collect/find-payment.ts'
import { readCreditFacts } from './credit-facts.ts'

interface AutoRow {
  readonly org_id: string
  readonly epoch: string
  readonly threshold: string
  readonly amount: string
  readonly cap: string
  readonly spent: string
  readonly last: Date | null
  readonly pending: boolean
}

/** Who wants it and is not waiting for a person. Times of top-ups are real ones, so is $1. */
const ENABLED = `
  SELECT a.org_id, a.epoch::text, a.threshold_cents::text AS threshold, a.amount_cents::text AS amount, a.daily_cap_cents::text AS cap,
    coalesce(sum(t.amount_cents) FILTER (WHERE t.created_at > now() - interval '24 hours' AND t.state NOT IN ('failed', 'canceled')), 0)::text AS spent,
    max(t.created_at) FILTER (WHERE t.state NOT IN ('failed', 'canceled')) AS last, coalesce(bool_or(t.state IN ('requested', 'pending', 'requires_action')), false) AS pending
  FROM auto_top_up a JOIN organization o ON o.id = a.org_id AND o.status <> 'closed' AND o.deletion_due_at IS NULL
  LEFT JOIN topup t ON t.org_id = a.org_id AND t.trigger_epoch IS NOT NULL
  WHERE a.is_enabled AND a.paused_at IS NULL GROUP BY a.org_id`

/** The row comes first and once per epoch: of two workers one asks, and a crash before the charge leaves a row to go on with. */
const REQUEST = `
  INSERT INTO topup (id, org_id, trigger_epoch, amount_cents) VALUES ($1, $2, $3::bigint, $4) ON CONFLICT (org_id, trigger_epoch) DO NOTHING`

/** Writes down a top-up for each balance that ran low. What is used and not invoiced yet counts as drawn. */
const requestDue = async (deps: CollectDeps): Promise<void> => {
  const { rows } = await deps.pool.query<AutoRow>(ENABLED)
  for (const row of rows) {
    const [facts] = await readCreditFacts(deps.pool, { orgId: row.org_id, nowMs: deps.nowMs })
    if (facts === undefined) continue
    const decision = decideAutoTopUp(
      {
        isEnabled: true,
        isPaused: false,
        hasPaymentMethod: facts.history.hasPaymentMethod,
        balancePusd: pusd(0n - owedOf(facts.exposure)),
        thresholdPusd: pusd(BigInt(row.threshold) * PUSD_PER_CENT),
        amountCents: BigInt(row.amount),
        dailyCapCents: BigInt(row.cap),
        spentTodayCents: BigInt(row.spent),
        lastTriggeredAtMs: row.last?.getTime() ?? null,
        isPending: row.pending,
      },
      Date.now(),
    )
    if (decision === 'top_up') await deps.pool.query(REQUEST, [newId(), row.org_id, row.epoch, row.amount])
  }
}

interface DueRow {
  readonly id: string
  readonly org_id: string
  readonly cents: string
  readonly attempts: number
  readonly intent: string | null
  readonly customer: string
  readonly method: string
}

/** Claimed for a minute each. */
const CLAIM = `
  UPDATE topup t SET attempts = t.attempts + 1, next_attempt_at = now() + interval '1 minute' FROM billing_account a
  WHERE a.org_id = t.org_id AND a.stripe_customer_id IS NOT NULL AND a.payment_method_id IS NOT NULL AND t.trigger_epoch IS NOT NULL
    AND t.state IN ('requested', 'pending') AND t.next_attempt_at <= now()
  RETURNING t.id, t.org_id, t.amount_cents::text AS cents, t.attempts, t.stripe_payment_intent_id AS intent, a.stripe_customer_id AS customer, a.payment_method_id AS method`

/** Of an earlier attempt whose answer was lost, or which Stripe remembers as failed although it made one. */
const findIntent = async ({ collecting }: CollectDeps, due: DueRow): Promise<string | null> => {
  if (due.intent !== null) return due.intent
  if (due.attempts <= 1) return null
  for await (const intent of collecting.stripe.paymentIntents.list({ customer: due.customer, limit: 100 }))
    if (intent.metadata['topup_id'] === due.id) return intent.id
  return null
}

/** A declined card is an answer: the intent is there, and says so itself. */
const intentOfDecline = (error: unknown): string | null => {
  if (typeof error !== 'object' || error === null || !('payment_intent' in error)) return null
  const { payment_intent: intent } = error
  return typeof intent === 'object' && intent !== null && 'id' in intent && typeof intent.id === 'string'
    ? intent.id
    : null
}

const charge = async (deps: CollectDeps, due: DueRow): Promise<string> => {
  try {
    const intent = await chargeTopUp(deps.collecting.stripe, {
      customerId: due.customer,
      topUpId: due.id,
      paymentMethodId: due.method,
      cents: toStripeAmount(BigInt(due.cents)),
    })
    return intent.id
  } catch (error) {
    const declined = intentOfDecline(error)
    if (declined === null) throw error
    return declined
  }
}

const work = async (deps: CollectDeps, due: DueRow): Promise<void> => {
  try {
    const intentId = (await findIntent(deps, due)) ?? (await charge(deps, due))
    // Read again, like an event: only what Stripe says has succeeded is credited, and what did not go through pauses it.
    await syncIntent(deps, intentId)
  } catch (error) {
    if (classifyFailure(error) === null) throw error
    deps.log.warn('top-up-unanswered', { orgId: due.org_id, topUp: due.id, reason: describeFailure(error) })
  }
}

/** Charges every balance that ran low, once. It looks for what is due, so it may run at any time and any number of times. */
export const topUpBalances = async (deps: CollectDeps): Promise<void> => {
  await requestDue(deps)
  const { rows } = await deps.pool.query<DueRow>(CLAIM)
  for (const due of rows) await work(deps, due)
}

const UNTOLD = `
  UPDATE topup SET told_at = now() WHERE trigger_epoch IS NOT NULL AND told_at IS NULL AND state IN ('succeeded', 'failed', 'canceled', 'requires_action')
  RETURNING id, org_id, amount_cents::text AS cents, state`

export interface ToldTopUp {
  readonly id: string
  readonly org_id: string
  readonly cents: string
  readonly state: 'succeeded' | 'failed' | 'canceled' | 'requires_action'
}

/** Automatic top-ups with an outcome nobody was told of; told from then on. */
export const takeUntold = async (reader: Reader): Promise<readonly ToldTopUp[]> =>
  (await reader.query<ToldTopUp>(UNTOLD)).rows
