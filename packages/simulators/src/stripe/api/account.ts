import { z } from 'zod'

import { emit } from '../events.ts'
import { settleBalance } from '../money/balance.ts'
import { closeDispute } from '../money/dispute.ts'
import { applyMetadata, boolean, ignored, listing, metadata, text } from '../params.ts'
import { refuse } from '../refusal.ts'
import { idOf } from '../world.ts'
import { find, many, one, plain, type Route } from './route.ts'

const ACCOUNT = {
  id: 'acct_simulated',
  object: 'account',
  business_profile: { name: 'Atpar (simulated)', url: null },
  charges_enabled: true,
  country: 'US',
  default_currency: 'usd',
  details_submitted: true,
  livemode: false,
  metadata: {},
  payouts_enabled: true,
  settings: { dashboard: { display_name: 'Atpar (simulated)', timezone: 'Etc/UTC' } },
  type: 'standard',
} as const

/** The account, its money and its cards' disputes. */
export const accountRoutes: readonly Route[] = [
  plain({ method: 'GET', path: '/v1/account' }, {}, () => ACCOUNT),
  plain({ method: 'GET', path: '/v1/balance' }, {}, (world) => {
    settleBalance(world)
    const sums = { available: 0, pending: 0 }
    for (const { status, net } of world.tables.balanceTransactions.values()) {
      sums[status === 'available' ? 'available' : 'pending'] += net
    }
    const entry = (amount: number) => [{ amount, currency: 'usd', source_types: { card: amount } }]
    return { object: 'balance', available: entry(sums.available), livemode: false, pending: entry(sums.pending) }
  }),
  many(
    '/v1/balance_transactions',
    { ...listing, currency: text.optional(), payout: ignored, source: text.optional(), type: text.optional() },
    (world, { source, type, currency }) => {
      settleBalance(world)
      return {
        items: [...world.tables.balanceTransactions.values()].filter(
          (one) =>
            (source === undefined || one.source === source) &&
            (type === undefined || one.type === type) &&
            (currency === undefined || one.currency === currency),
        ),
      }
    },
  ),
  one({ method: 'GET', path: '/v1/balance_transactions/:id' }, {}, (world, _, { ids: [id] }) => {
    settleBalance(world)
    return find(world.tables.balanceTransactions, id, 'balance transaction')
  }),
  many(
    '/v1/charges',
    { ...listing, customer: text.optional(), payment_intent: text.optional() },
    (world, { customer, payment_intent: intent }) => ({
      items: [...world.tables.charges.values()].filter(
        (one) =>
          (customer === undefined || one.customer === customer) &&
          (intent === undefined || one.payment_intent === intent),
      ),
    }),
  ),
  one({ method: 'GET', path: '/v1/charges/:id' }, {}, (world, _, { ids: [id] }) =>
    find(world.tables.charges, id, 'charge'),
  ),
  many(
    '/v1/disputes',
    { ...listing, charge: text.optional(), payment_intent: text.optional() },
    (world, { charge, payment_intent: intent }) => ({
      items: [...world.tables.disputes.values()].filter(
        (one) =>
          (charge === undefined || idOf(one.charge) === charge) &&
          (intent === undefined || one.payment_intent === intent),
      ),
    }),
  ),
  one({ method: 'GET', path: '/v1/disputes/:id' }, {}, (world, _, { ids: [id] }) =>
    find(world.tables.disputes, id, 'dispute'),
  ),
  one(
    { method: 'POST', path: '/v1/disputes/:id' },
    {
      evidence: z.record(z.string(), z.unknown()).optional(),
      metadata: metadata.optional(),
      submit: boolean.optional(),
      intended_submission_method: ignored,
    },
    (world, { evidence, metadata: given, submit }, { ids: [id] }) => {
      const dispute = find(world.tables.disputes, id, 'dispute')
      if (dispute.status !== 'needs_response' && evidence !== undefined) {
        throw refuse('This dispute no longer takes evidence.')
      }
      Object.assign(dispute.evidence, evidence)
      dispute.evidence_details.has_evidence ||= evidence !== undefined
      dispute.metadata = applyMetadata(dispute.metadata, given)
      if (submit !== false && evidence !== undefined) {
        dispute.evidence_details.submission_count += 1
        dispute.status = 'under_review'
      }
      emit(world, 'charge.dispute.updated', dispute)
      // As in Stripe's test mode, the words of the evidence decide.
      const words = dispute.evidence.uncategorized_text
      if (dispute.status === 'under_review' && words === 'winning_evidence') closeDispute(world, dispute, 'won')
      if (dispute.status === 'under_review' && words === 'losing_evidence') closeDispute(world, dispute, 'lost')
      return dispute
    },
  ),
  one({ method: 'POST', path: '/v1/disputes/:id/close' }, {}, (world, _, { ids: [id] }) => {
    const dispute = find(world.tables.disputes, id, 'dispute')
    closeDispute(world, dispute, 'lost')
    return dispute
  }),
  many(
    '/v1/invoice_payments',
    {
      ...listing,
      invoice: text.optional(),
      status: text.optional(),
      payment: z
        .strictObject({ type: text, payment_intent: text.optional(), payment_record: text.optional() })
        .optional(),
    },
    (world, { invoice, status, payment }) => ({
      items: [...world.tables.invoicePayments.values()].filter(
        (one) =>
          (invoice === undefined || one.invoice === invoice) &&
          (status === undefined || one.status === status) &&
          (payment?.payment_intent === undefined || one.payment.payment_intent === payment.payment_intent),
      ),
    }),
  ),
  one({ method: 'GET', path: '/v1/invoice_payments/:id' }, {}, (world, _, { ids: [id] }) =>
    find(world.tables.invoicePayments, id, 'invoice_payment'),
  ),
]
